"""Calls under static conditions, also as an operand."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def one_round(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    scale: float = 1.0,
) -> fed.Server[Float[Array, "d"]]:
    """One step of gradient descent."""
    return w - lr * scale * fed.mean(fed.map(local_gradient, fed.broadcast(w), x))


@fed.computation
def call_branch(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    fast: bool = True,
) -> fed.Server[Float[Array, ""]]:
    """A call within an expression and in one arm only."""
    if fast:
        w = one_round(w, x, lr, scale=2.0)
    total = jnp.sum(one_round(w, x, lr) * w) + lr
    return total
