"""Federated averaging, whose server rate enters behind the first stage."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def update(w, x, y):
    return x.T @ jnp.tanh(x @ w - y)


def loss(w, x, y):
    return jnp.mean((x @ w - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    rate: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    first = fed.map(update, fed.broadcast(w), x, y)
    w_next = w - rate * fed.mean(first)
    second = fed.map(update, fed.broadcast(w_next), x, y)
    w_last = w_next - rate * fed.mean(second)
    losses = fed.map(loss, fed.broadcast(w_last), x, y)
    return fed.mean(losses)
