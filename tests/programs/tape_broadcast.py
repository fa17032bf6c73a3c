"""A complete tape is a list, which is broadcast like any pytree."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(iterates, x):
    return jnp.sum(jnp.sin(iterates[0] * x) + iterates[2] * iterates[1])


@fed.computation
def along_the_way(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """The loss at three iterates, which travel in one message."""
    iterates = []
    for _ in range(3):
        w = w - lr * jnp.tanh(w)
        iterates.append(w)
    return fed.mean(fed.map(client_loss, fed.broadcast(iterates), x))
