"""Tuples are taken apart at both placements."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def loss_and_accuracy(w, x, y):
    z = jnp.tanh(x @ w)
    return jnp.mean((z - y) ** 2), jnp.mean(jnp.cos(z * y))


def halves(v):
    return jnp.sin(v), v**2, 3.0 * v


@fed.computation
def tuple_unpacking(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    """A mapped function with two results, a server function with three, a swap."""
    a, b, c = halves(w)
    a, b = b, a
    loss, accuracy = fed.map(loss_and_accuracy, fed.broadcast(a + b * lr), x, y)
    (mean_loss, mean_accuracy) = fed.mean((loss, accuracy))
    [first, second] = jnp.sum(c), mean_accuracy
    return mean_loss * second + first * lr
