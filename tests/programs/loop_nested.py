"""Loops in loops, with values carried around both."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def nested_loops(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """The inner loop runs as often as the outer loop variable says."""
    momentum = 0.0
    for epoch in range(3):
        for t in range(epoch):
            g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
            momentum = 0.9 * momentum + g * (t + 1)
            w = w - lr * momentum
        w = jnp.sin(w)
    return jnp.sum(w) + jnp.sum(momentum * w)
