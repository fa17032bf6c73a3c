"""Branches that communicate differently."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def communicating_branches(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    warm: bool = True,
) -> fed.Server[Float[Array, ""]]:
    """One branch costs a round, the other does not."""
    if warm:
        model = fed.broadcast(w)
        start = fed.mean(fed.map(local_gradient, model, x))
        w = w - lr * start
    else:
        model = fed.broadcast(w * lr)
    losses = fed.map(jnp.vdot, model, x)
    if warm:
        return_scale = jnp.sum(start)
    else:
        return_scale = 1.0
    return fed.mean(fed.map(jnp.sin, losses)) * return_scale + jnp.sum(w)
