"""0.0, 0 and static names become placed in a loop."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def static_carry(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    scale: float = 2.0,
) -> fed.Server[Float[Array, ""]]:
    """Accumulators as everybody writes them."""
    acc = 0.0
    count = 0
    product = scale
    for t in range(3):
        g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
        acc = acc + jnp.sum(g * w)
        count = count + lr * t
        product *= jnp.sum(jnp.sin(g))
        w = w - lr * g
    return acc * count + product + jnp.sum(w)
