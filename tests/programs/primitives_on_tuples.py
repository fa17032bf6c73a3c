"""Primitives take and return tuples; a part of a result is unused."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def update(w, lr, x):
    gradient = jnp.cos(w) * x
    return w - lr * gradient, jnp.sum(gradient**2), gradient


def norm(pair):
    w, lr = pair
    return jnp.sum(w**2) * lr


@fed.computation
def tuples(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """One broadcast of two values, one map with three results, one mean of two."""
    w_at_clients, lr_at_clients = fed.broadcast((w, lr))
    w_next, energy, unused = fed.map(update, w_at_clients, lr_at_clients, x)
    w_mean, energy_sum = fed.mean((w_next, energy))
    both = fed.broadcast((w_mean, lr))
    norms = fed.map(norm, both)
    return fed.sum(norms) + energy_sum
