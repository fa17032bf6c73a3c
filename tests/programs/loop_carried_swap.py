"""Several carried values that change places."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def swap(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """A two-term recurrence, as written in Python."""
    previous = jnp.sin(w)
    for t in range(3):
        g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
        w, previous = w + lr * (w - previous) - 0.1 * g, w
    return jnp.sum(w * previous)
