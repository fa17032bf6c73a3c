"""Values from before a loop used in it; dead carried values."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def invariants(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """What does not change in the loop, and what changes and is never needed."""
    base = jnp.sin(w)
    base_at_clients = fed.broadcast(base * lr)
    noise = 1.0
    for t in range(3):
        shifted = fed.map(jnp.add, base_at_clients, fed.broadcast(w))
        g = fed.mean(fed.map(local_gradient, shifted, x))
        unused = fed.sum(fed.map(jnp.sum, shifted))
        noise = noise * unused
        w = w - lr * g * base
    return jnp.sum(w)
