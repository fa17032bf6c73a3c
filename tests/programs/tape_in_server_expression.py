"""A complete tape is a list in a server expression."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def stacked(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """jnp.stack, sum, a comprehension, tree functions over a tape."""
    losses = []
    for _ in range(3):
        g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
        losses.append(jnp.sum(g**2))
        w = w - lr * g
    curve = jnp.stack(losses)
    best = jax.nn.logsumexp(-curve)
    return best + sum(losses) + sum([jnp.sin(v) for v in losses]) + jnp.sum(w)
