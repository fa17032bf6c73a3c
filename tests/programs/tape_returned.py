"""Tapes are returned beside other results."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def curves(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> tuple[
    fed.Server[Float[Array, "d"]],
    list[fed.Server[Float[Array, ""]]],
    list[fed.Clients[Float[Array, ""]]],
]:
    """A curve of losses, the clients' own curve, and the last iterate."""
    losses = []
    local = []
    for _ in range(2):
        g = fed.map(local_gradient, fed.broadcast(w), x)
        local.append(fed.map(jnp.sum, g))
        g = fed.mean(g)
        losses.append(jnp.sum(g**2))
        w = w - lr * g
    return w, losses, local
