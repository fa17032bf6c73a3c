"""Positional-only, keyword-only and defaulted parameters; bare placements."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def signature(
    w: fed.Server,
    x: "fed.Clients",
    /,
    lr: fed.Server = 0.5,
    rounds: int = 2,
    *,
    temperature: fed.Server[Float[Array, ""]],
    scale: float = 2.0,
) -> fed.Server:
    """Every kind of parameter but the starred."""
    values = fed.map(lambda w, x: jnp.sum(jnp.sin(w * x)) * scale, fed.broadcast(w), x)
    for _ in range(rounds):
        w = w * lr
    return fed.mean(values) * temperature + jnp.sum(w)
