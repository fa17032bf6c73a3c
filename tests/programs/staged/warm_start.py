"""A body trained at a rate, and a head that enters the last stage only."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def update(w, x, y):
    return x.T @ jnp.tanh(x @ w - y)


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
    rounds: int,
) -> fed.Server[Float[Array, ""]]:
    for _ in range(rounds):
        delta = fed.map(update, fed.broadcast(w), x, y)
        w = w - rate * fed.mean(delta)
    losses = fed.map(loss, fed.broadcast(w), fed.broadcast(head), p, x, y)
    return fed.mean(losses)
