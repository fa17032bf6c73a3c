"""Rounds of another computation, then a head: what is called is pushed forward, the rest is not."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def update(w, x, y):
    return x.T @ jnp.tanh(x @ w - y)


def loss(w, head, p, x, y):
    return jnp.mean((x @ w - y) ** 2) + jnp.sum(jnp.sin(head) * (p @ w))


@fed.computation
def averaged(
    w: fed.Server[Float[Array, "d"]],
    rate: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    delta = fed.map(update, fed.broadcast(w), x, y)
    return w - rate * fed.mean(delta)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    rate: fed.Server[Float[Array, ""]],
    decay: fed.Server[Float[Array, ""]],
    head: fed.Server[Float[Array, "k"]],
    p: fed.Clients[Float[Array, "k d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    w = averaged(w, rate, x, y)
    w = averaged(w, rate * decay, x, y)
    losses = fed.map(loss, fed.broadcast(w), fed.broadcast(head), p, x, y)
    return fed.mean(losses)
