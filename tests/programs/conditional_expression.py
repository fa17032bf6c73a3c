"""Conditional expressions on static conditions, at both placements."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def conditional(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    decay: bool = True,
    rounds: int = 2,
) -> fed.Server[Float[Array, ""]]:
    """The condition is static; the arms are placed."""
    rate = lr if decay else 2.0 * lr
    model = fed.broadcast(w if rounds > 1 else jnp.sin(w))
    data = x if decay else fed.map(jnp.cos, x)
    g = fed.mean(fed.map(local_gradient, model, data))
    for t in range(rounds):
        w = w - (rate if t == 0 else rate * 0.5) * g
    return jnp.sum(w**2) if decay and rounds else jnp.sum(g * w)
