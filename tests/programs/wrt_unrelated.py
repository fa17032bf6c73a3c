"""The result does not depend on one of the differentiated parameters."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def independent(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    decay: fed.Server[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    """lr never reaches the result; decay reaches it through nothing but an integer."""
    unused = lr * w
    rounded = jnp.round(decay).astype(int)
    values = fed.map(jnp.vdot, fed.broadcast(jnp.sin(w)), x)
    return fed.mean(values) * rounded
