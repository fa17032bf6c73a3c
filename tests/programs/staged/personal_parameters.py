"""Clients have parameters of their own, which the derivative is for, too."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def sketch(w, c, p):
    return jnp.sin(p @ w) * c


def loss(centre, y):
    return jnp.sum((centre - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    c: fed.Clients[Float[Array, "k"]],
    p: fed.Clients[Float[Array, "k d"]],
    y: fed.Clients[Float[Array, "k"]],
) -> fed.Server[Float[Array, ""]]:
    sketches = fed.map(sketch, fed.broadcast(w), c, p)
    centre = fed.mean(sketches)
    losses = fed.map(loss, fed.broadcast(centre), y)
    return fed.mean(losses)
