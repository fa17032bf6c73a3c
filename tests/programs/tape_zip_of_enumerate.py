"""zip over enumerate, reversed and ranges with a step."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def zipped(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Loop targets that are nested tuples."""
    values = []
    for t in range(2):
        values.append(jnp.sin(w * (t + 1)))
    out = jnp.sum(w)
    for (k, a), b, t in zip(enumerate(values), reversed(values), range(0, 4, 2)):
        out = out + jnp.sum(a * b * b) * lr**k + t
    for k, t in enumerate(range(1, 3)):
        out = jnp.sin(out) * t + k
    g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
    return out * jnp.sum(g)
