"""Computations, messages and results that nobody uses."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def idle(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Neither the derivative nor the messages need them."""
    squares = w**2
    dead_model = fed.broadcast(squares * lr)
    dead_local = fed.map(local_gradient, dead_model, x)
    dead_total = fed.sum(dead_local)
    dead_norm = jnp.sum(dead_total * squares)
    g, unused = fed.map(lambda w, x: (jnp.cos(w * x), w * x), fed.broadcast(w), x)
    total = fed.mean(g)
    fed_only = fed.mean(unused)
    return jnp.sum(w - lr * total)
