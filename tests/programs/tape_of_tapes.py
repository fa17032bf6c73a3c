"""A tape is appended to a tape, in nested loops."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def nested_tapes(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Losses of each round of each epoch, read in the same nesting."""
    epochs = []
    for _ in range(2):
        rounds = []
        for t in range(3):
            g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
            w = w - lr * g
            rounds.append(jnp.sum(g * w) * (t + 1))
        epochs.append(rounds)
    total = 0.0
    for rounds_again in reversed(epochs):
        for loss in rounds_again:
            total = jnp.sin(total * 0.5 + loss)
    return total + jnp.sum(w)
