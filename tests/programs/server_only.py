"""A program without a single message."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def local(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Everything happens at the server; the clients are not asked."""
    z = jnp.sin(w) * lr
    return jnp.sum(z @ z) + lr**3
