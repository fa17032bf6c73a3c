"""The result stays at the clients."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def personal(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Clients[Float[Array, ""]]:
    """Each client's own loss at the new model."""
    w = w - lr * fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
    return fed.map(jnp.vdot, fed.broadcast(w), x)
