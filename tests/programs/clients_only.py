"""A program that neither sends nor uploads."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def smooth(x, y):
    return jnp.sin(x) * jnp.sum(y), jnp.cos(y)


@fed.computation
def at_clients(
    x: fed.Clients[Float[Array, "d"]], y: fed.Clients[Float[Array, "n"]]
) -> tuple[fed.Clients[Float[Array, "d"]], fed.Clients[Float[Array, "n"]]]:
    """The Jacobian is block diagonal over the clients."""
    a, b = fed.map(smooth, x, y)
    return fed.map(jnp.tanh, a), b
