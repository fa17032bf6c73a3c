"""Two tapes that one statement opens, one of them with `list()`, and optional parameters."""

from typing import Annotated

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def at_once(
    w: Annotated[fed.Server[Float[Array, "d"]], "the model"],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    rounds: int | None = None,
) -> fed.Server[Float[Array, ""]]:
    """Filled in one loop, read in another."""
    gradients, losses = [], list()
    for _ in range(2 if rounds is None else rounds):
        g = fed.mean(value=fed.map(local_gradient, fed.broadcast(value=w), x))
        gradients.append(g)
        losses.append((lambda v: (half := v / 2) * half)(jnp.sum(g**2)) * lr)
        w = w - lr * g
    total = 0.0
    for g, loss in zip(gradients, losses):
        total = total * loss + jnp.sum(jnp.sin(g))
    return total
