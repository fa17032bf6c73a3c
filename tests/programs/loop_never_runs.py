"""Loops that never run: the derivative is that of what is around them."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def no_trips(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """The carried values pass through, the tapes stay empty."""
    losses = []
    acc = lr
    for t in range(0):
        g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
        acc = acc + jnp.sum(g)
        w = w - acc * g
        losses.append(acc)
    for loss in reversed(losses):
        w = w * loss
    return jnp.sum(jnp.sin(w)) * acc
