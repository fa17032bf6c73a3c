"""Clients send back the rate that they were sent: its sum is not the rate."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def loss(w, rate, x, y):
    return jnp.mean((rate * (x @ w) - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    rate: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    rate_at_clients = fed.broadcast(rate)
    total = fed.sum(rate_at_clients)
    losses = fed.map(loss, fed.broadcast(w), fed.broadcast(total * rate), x, y)
    return fed.mean(losses)
