"""A tuple of server values."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def pair(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> tuple[fed.Server[Float[Array, "d"]], fed.Server[Float[Array, ""]]]:
    """The next model and its loss."""
    w_next = w - lr * fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
    return w_next, fed.mean(fed.map(jnp.vdot, fed.broadcast(w_next), x))
