"""Calls by position, by keyword and with defaults."""

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
def calls(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """The same computation, called in every way."""
    w = one_round(w, x, 0.1)
    w = one_round(w, x, lr)
    w = one_round(x=x, w=w, scale=0.5, lr=lr * 2.0)
    return jnp.sum(one_round(w, x, lr, scale=2) ** 2) * lr
