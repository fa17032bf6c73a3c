"""A condition on the loop variable."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def warmup(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    rounds: int = 3,
) -> fed.Server[Float[Array, ""]]:
    """The first and every other round differ; a name bound in a branch is carried."""
    momentum = jnp.zeros(3)
    for t in range(rounds):
        g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
        if t == 0:
            momentum = g
        else:
            momentum = 0.5 * momentum + g * lr
        if t % 2 == 1:
            w = jnp.sin(w)
        if t < rounds - 1:
            w = w - lr * momentum
        elif t > 5:
            w = w * 0.0
    return jnp.sum(w * w)
