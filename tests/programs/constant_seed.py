"""A result that is constant in everything, and one linear in everything."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def linear(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, ""]]]:
    """A derivative without residuals, and one that is zero."""
    total = fed.sum(fed.map(lambda w: 2.0 * w, fed.broadcast(w)))
    return jnp.sum(total) + lr, jnp.ones(()) * 3.0
