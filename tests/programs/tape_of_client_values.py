"""A tape of client values, mapped over in later loops."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def client_tape(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """The clients keep their own gradients and use them again, in reverse order."""
    local = []
    for _ in range(2):
        g = fed.map(local_gradient, fed.broadcast(w), x)
        local.append(g)
        w = w - lr * fed.mean(g)
    total = 0.0
    for g in reversed(local):
        at_end = fed.map(local_gradient, fed.broadcast(w * lr), x)
        total = total + fed.mean(fed.map(jnp.vdot, g, at_end))
        w = jnp.sin(w)
    return total
