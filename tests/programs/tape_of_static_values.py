"""A tape of static values, filled and consumed."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def static_tape(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Rates computed in Python before the rounds."""
    rates = []
    rate = 1.0
    for _ in range(3):
        rates.append(rate)
        rate = rate / 2
    for rate in rates:
        w = w - rate * lr * fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
    return jnp.sum(w)
