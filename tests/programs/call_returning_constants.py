"""A called computation that returns constants beside a value."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def scaled(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> tuple[fed.Server[Float[Array, "d"]], int, float]:
    return w * fed.mean(x), 3, -2.0


@fed.computation
def constants(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """The constants decide on a loop and a factor."""
    value, rounds, factor = scaled(w, x)
    for _ in range(rounds):
        value = jnp.sin(value) - lr * factor
    return jnp.sum(value)
