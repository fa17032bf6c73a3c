"""functools.partial as mapped function, over static values."""

import functools

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def residual(scale, w, x, *, power):
    return jnp.sum(jnp.tanh(w * x * scale) ** power)


cube = functools.partial(residual, 1.5, power=3)


@fed.computation
def partials(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    scale: float = 0.5,
) -> fed.Server[Float[Array, ""]]:
    """Partials made in place, over a parameter and a loop variable, and at module level."""
    model = fed.broadcast(w)
    total = fed.mean(fed.map(functools.partial(residual, scale, power=2), model, x))
    for k in range(1, 3):
        total += fed.sum(fed.map(functools.partial(residual, 0.1 * k, power=k), model, x))
    return total + fed.mean(fed.map(cube, model, x))
