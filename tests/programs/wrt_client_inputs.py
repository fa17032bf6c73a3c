"""Differentiation with respect to what the clients hold."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def poison(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """How the result moves with the clients' data, and with both data and model."""
    sines = fed.map(jnp.sin, x)
    g = fed.mean(fed.map(local_gradient, fed.broadcast(w), sines))
    w = w - lr * g
    return fed.mean(fed.map(jnp.vdot, fed.broadcast(w), x))
