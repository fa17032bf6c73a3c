"""Clients keep their momentum from one stage to the next."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def first_step(w, rate, x, y):
    return rate * (x.T @ jnp.tanh(x @ w - y))


def second_step(w, momentum, x, y):
    return 0.9 * momentum + x.T @ jnp.tanh(x @ w - y)


def loss(w, head, p, x, y):
    return jnp.mean((x @ w - y) ** 2) + jnp.sum(jnp.sin(head) * (p @ w))


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    rate: fed.Server[Float[Array, ""]],
    head: fed.Server[Float[Array, "k"]],
    p: fed.Clients[Float[Array, "k d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    momentum = fed.map(first_step, fed.broadcast(w), fed.broadcast(rate), x, y)
    v = w - fed.mean(momentum)
    again = fed.map(second_step, fed.broadcast(v), momentum, x, y)
    u = v - 0.1 * fed.mean(again)
    losses = fed.map(loss, fed.broadcast(u), fed.broadcast(head), p, x, y)
    return fed.mean(losses)
