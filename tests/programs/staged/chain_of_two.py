"""A narrow sketch of the model, then the loss at its mean."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def sketch(w, p):
    return jnp.sin(p @ w)


def loss(centre, y):
    return jnp.sum((centre - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    p: fed.Clients[Float[Array, "k d"]],
    y: fed.Clients[Float[Array, "k"]],
) -> fed.Server[Float[Array, ""]]:
    sketches = fed.map(sketch, fed.broadcast(w), p)
    centre = jnp.tanh(fed.mean(sketches))
    losses = fed.map(loss, fed.broadcast(centre), y)
    return fed.mean(losses)
