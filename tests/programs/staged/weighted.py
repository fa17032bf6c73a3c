"""Weighted means: the weights have no derivative, the weighted values have."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def sketch(w, p):
    return jnp.sin(p @ w)


def loss(centre, y):
    return jnp.sum((centre - y) ** 2)


def count(y):
    return jnp.sum(jnp.abs(y))


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    p: fed.Clients[Float[Array, "k d"]],
    y: fed.Clients[Float[Array, "k"]],
) -> fed.Server[Float[Array, ""]]:
    counts = fed.map(count, y)
    sketches = fed.map(sketch, fed.broadcast(w), p)
    centre = fed.weighted_mean(sketches, counts)
    losses = fed.map(loss, fed.broadcast(centre), y)
    return fed.weighted_mean(losses, counts)
