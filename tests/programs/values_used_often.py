"""Values used several times, at both placements, in one call and in many."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def sharing(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Cotangents of the same value meet at the clients and at the server."""
    model = fed.broadcast(w)
    again = fed.broadcast(w)
    square = fed.map(jnp.multiply, model, model)
    g = fed.map(local_gradient, model, x)
    both = fed.map(jnp.multiply, g, g)
    a = fed.mean(g)
    b = fed.sum(g)
    c = fed.mean((g, g))
    product = w * w * a + b * w + c[0] * c[1]
    pair = (product, product)
    left, right = pair
    mixed = fed.map(lambda u, v, s: jnp.sum(u * v + s), both, again, square)
    return jnp.sum(left * right) + fed.sum(mixed) * lr + fed.mean(mixed) * lr
