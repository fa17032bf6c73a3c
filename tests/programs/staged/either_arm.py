"""A stage under a static condition."""

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
    u: fed.Server[Float[Array, "k"]],
    p: fed.Clients[Float[Array, "k d"]],
    y: fed.Clients[Float[Array, "k"]],
    narrow: bool,
) -> fed.Server[Float[Array, ""]]:
    if narrow:
        sketches = fed.map(sketch, fed.broadcast(w), p)
        centre = fed.mean(sketches) + u
    else:
        centre = u * jnp.sum(w)
    losses = fed.map(loss, fed.broadcast(centre), y)
    return fed.mean(losses)
