"""A tape of server values, consumed forwards, with enumerate and zip."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def forwards(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Filled in one loop, read in three others."""
    gradients = []
    losses = []
    for t in range(3):
        g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
        gradients.append(g)
        losses.append(jnp.sum(g**2) * lr)
        w = w - lr * g
    total = 0.0
    for g in gradients:
        total = total + jnp.sum(jnp.sin(g * w))
    for k, loss in enumerate(losses):
        total = total + loss * (k + 1)
    for g, loss in zip(gradients, losses):
        total = total * loss + jnp.sum(g)
    return total
