"""Static arguments of every type are passed through calls."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def general(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    function: Callable,
    normalise: bool = False,
    kind: str = "mean",
    scale: float = 1.0,
    steps: int = 1,
) -> fed.Server[Float[Array, "d"]]:
    """A computation with options."""
    for _ in range(steps):
        g = fed.map(function, fed.broadcast(w), x)
        total = fed.mean(g) if kind == "mean" else fed.sum(g)
        if normalise:
            total = total / jnp.sqrt(1.0 + total @ total)
        w = w - scale * total
    return w


@fed.computation
def caller(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """A function, a bool, a string, a float and an int."""
    a = general(w, x, local_gradient)
    b = general(a, x, lambda w, x: w * x, normalise=True, kind="sum", scale=0.5, steps=2)
    return jnp.sum(b) * lr
