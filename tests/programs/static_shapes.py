"""Shapes and module constants are static: bounds, conditions, captures."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

LAYERS = 2
SCALE = 0.5


def layer(w, x, scale):
    return jnp.tanh(w * x) * scale


@fed.computation
def static_shapes(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """w.shape, w.ndim, and module-level names bound once."""
    size = w.shape[0]
    total = jnp.zeros((), dtype=w.dtype)
    for i in range(size):
        total = total + jnp.sin(w[i]) * lr**i
    if w.ndim == 1:
        for _ in range(LAYERS):
            w = fed.mean(fed.map(layer, fed.broadcast(w), x, scale=SCALE))
    scaled = fed.map(lambda w: w * size * SCALE, fed.broadcast(w))
    return total + jnp.sum(fed.sum(scaled))
