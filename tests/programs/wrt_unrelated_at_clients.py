"""A client-placed parameter that the result does not depend on."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def independent(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Zeros of the right shape and placement are the answer."""
    return jnp.sum(jnp.sin(w)) * lr
