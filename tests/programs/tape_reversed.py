"""Tapes consumed backwards: reversed, zipped with ranges, enumerated."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def backwards(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """A hand-written reverse accumulation."""
    iterates = []
    for _ in range(3):
        iterates.append(w)
        w = w - lr * fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
    bar = w
    for w_t in reversed(iterates):
        bar = bar - lr * bar * jnp.sin(w_t)
    for t in reversed(range(1, 3)):
        bar = bar * lr + t
    for t, w_t in zip(reversed(range(3)), reversed(iterates)):
        bar = bar + t * w_t * lr
    for k, w_t in enumerate(reversed(iterates)):
        bar = jnp.sin(bar + k * w_t)
    return jnp.sum(bar)
