"""Tapes that nobody reads, and one that is read in part of the results only."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def unused_tape(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """An unused tape costs nothing and breaks nothing."""
    unused = []
    used = []
    for t in range(3):
        g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
        unused.append(g * w)
        used.append(g)
        w = w - lr * g
    total = jnp.sum(w)
    for t, g in zip(range(3), used):
        if t > 0:
            total = total + jnp.sum(g * g)
    return total
