"""The mapped function is a static parameter."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def squared(w, x):
    return jnp.sum((jnp.sin(w) - x) ** 2)


@fed.computation
def apply_loss(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    loss: Callable,
    activation: Callable = jnp.tanh,
) -> fed.Server[Float[Array, ""]]:
    """Both a mapped function and a server function are parameters."""
    losses = fed.map(loss, fed.broadcast(activation(w)), x)
    return fed.mean(losses) + jnp.sum(activation(w * 0.5))


@fed.computation
def callable_round(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, ""]]:
    """Passes functions on to another computation."""
    return apply_loss(w, x, squared) * apply_loss(w, x, loss=squared, activation=jnp.sin)
