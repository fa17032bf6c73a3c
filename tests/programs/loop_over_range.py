"""A loop over a range with a static bound carries the parameters."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def rounds_of_sgd(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    rounds: int = 3,
) -> fed.Server[Float[Array, ""]]:
    """As many rounds as the caller says, none included."""
    for _ in range(rounds):
        w = w - lr * fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
    return jnp.sum(w**2)
