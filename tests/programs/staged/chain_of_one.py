"""One stage: a scalar loss."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def loss(w, x, y):
    return jnp.mean((jnp.tanh(x @ w) - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    losses = fed.map(loss, fed.broadcast(w), x, y)
    return fed.mean(losses)
