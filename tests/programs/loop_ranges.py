"""Ranges of one, two and three arguments, static expressions and names."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


STRIDE = 2


@fed.computation
def ranges(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    first: int = 1,
) -> fed.Server[Float[Array, ""]]:
    """The loop variable is used at the server and, captured, at the clients."""
    last = first + 3
    for t in range(first, last):
        w = w - lr / (t + 1) * fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
    for t in range(last, first, -2):
        w = w + 0.1 * fed.mean(fed.map(lambda w, x: jnp.sin(w * x * t), fed.broadcast(w), x))
    for t in range(0, 2 * STRIDE, STRIDE):
        w = jnp.sin(w) * 0.5 + t * lr
    return jnp.sum(w)
