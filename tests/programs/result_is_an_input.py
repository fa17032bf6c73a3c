"""Results that are inputs, constants, or the same value twice."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def identity(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> tuple[
    fed.Server[Float[Array, "d"]],
    fed.Server[Float[Array, ""]],
    fed.Server[Float[Array, ""]],
    fed.Server[Float[Array, "2"]],
    fed.Clients[Float[Array, "d"]],
    tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, "d"]]],
]:
    """Nothing is computed for some of the results."""
    loss = fed.mean(fed.map(jnp.vdot, fed.broadcast(w), x))
    return w, loss, loss, jnp.ones(2), x, (lr, w)
