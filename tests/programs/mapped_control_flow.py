"""lax.cond and fori_loop on client data inside a mapped function."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def robust(w, x, threshold):
    z = jnp.dot(w, x)
    branch = jax.lax.cond(z > threshold, jnp.sin, lambda z: z**2, z)
    return jax.lax.fori_loop(0, 3, lambda _, v: jnp.tanh(v) + 0.1 * z, branch)


@fed.computation
def control_flow(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """What a client does with its own data is its own affair."""
    values = fed.map(robust, fed.broadcast(w), x, fed.broadcast(lr))
    return fed.sum(values) * lr
