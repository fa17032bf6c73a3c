"""Augmented assignment of every common operator at the server."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((jnp.tanh(x @ w) - y) ** 2)


@fed.computation
def augmented(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    """Every right-hand side depends on an active value somewhere."""
    step = 2
    step += 1
    w += 0.5
    w *= lr
    w -= jnp.sin(w) / step
    w /= 2.0 + lr**2
    total = 0.0
    total += fed.mean(fed.map(client_loss, fed.broadcast(w), x, y))
    total **= step
    total += jnp.sum(w)
    return total
