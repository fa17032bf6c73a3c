"""A stage inside another computation."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def sketch(w, p):
    return jnp.sin(p @ w)


def loss(centre, y):
    return jnp.sum((centre - y) ** 2)


@fed.computation
def centre_of(
    w: fed.Server[Float[Array, "d"]], p: fed.Clients[Float[Array, "k d"]]
) -> fed.Server[Float[Array, "k"]]:
    sketches = fed.map(sketch, fed.broadcast(w), p)
    return fed.mean(sketches)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    p: fed.Clients[Float[Array, "k d"]],
    y: fed.Clients[Float[Array, "k"]],
) -> fed.Server[Float[Array, ""]]:
    centre = centre_of(w, p)
    losses = fed.map(loss, fed.broadcast(centre), y)
    return fed.mean(losses)
