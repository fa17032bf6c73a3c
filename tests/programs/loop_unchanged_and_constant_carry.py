"""A carried value reset to a constant or to another value."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def resets(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Dependence on the initial value is cut in the loop, or only partly."""
    a = w
    b = w * lr
    for t in range(2):
        g = fed.mean(fed.map(local_gradient, fed.broadcast(b), x))
        a = jnp.ones(3)
        b = g + a * b
        a = jnp.sin(g) + a
    return jnp.sum(a * b)
