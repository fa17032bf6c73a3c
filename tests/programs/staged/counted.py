"""A count, an integer at each client, in the loss: it has no derivative, but nothing says so."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def evaluation(w, x, y):
    predictions = jnp.tanh(x @ w)
    return jnp.mean((predictions - y) ** 2), jnp.sum(predictions > 0)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    losses, counts = fed.map(evaluation, fed.broadcast(w), x, y)
    return fed.mean(losses) + 0.1 * fed.mean(counts)
