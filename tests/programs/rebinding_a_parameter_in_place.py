"""A name is rebound from itself only, many times."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def drift(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    """Each statement reads the name that it binds."""
    x = fed.map(jnp.sin, x)
    w = fed.broadcast(w)
    w = fed.map(jnp.multiply, w, x)
    w = fed.sum(w)
    w = w * w
    return w
