"""A tape of tuples, taken apart in the loop's target."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def tuples_on_tape(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Pairs of server values; pairs of mixed placement, as a composite."""
    pairs = []
    mixed = []
    for t in range(2):
        w_at_clients = fed.broadcast(w)
        g = fed.mean(fed.map(local_gradient, w_at_clients, x))
        pairs.append((w, jnp.sum(g)))
        mixed.append((lr * t, fed.map(jnp.sin, w_at_clients)))
        w = w - lr * g
    total = jnp.sum(w)
    for k, (w_t, size) in enumerate(pairs):
        total = total + jnp.sum(w_t) * size * k
    for rate, sine in reversed(mixed):
        total = total * rate + jnp.sum(fed.mean(sine))
    for pair in pairs:
        w_t, size = pair
        total = total + jnp.cos(jnp.sum(w_t) * size)
    return total
