"""Dotted names as mapped functions."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


class Losses:
    """A namespace of functions."""

    @staticmethod
    def squared(w, x):
        return jnp.sum((w - x) ** 2)


@fed.computation
def dotted(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, ""]]:
    """Functions of a module, of a submodule, of a class."""
    model = fed.map(jax.numpy.tanh, fed.map(jax.nn.softplus, fed.broadcast(w)))
    products = fed.map(jnp.vdot, model, x)
    return fed.mean(fed.map(Losses.squared, model, x)) + fed.sum(products)
