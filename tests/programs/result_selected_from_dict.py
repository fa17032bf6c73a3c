"""One entry of a dict result is differentiated."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> dict[str, fed.Server[Float[Array, ""]]]:
    """A round that returns a dict."""
    g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
    w_next = w - lr * g
    value = fed.mean(fed.map(jnp.vdot, fed.broadcast(w_next), x))
    return {"loss": jnp.sin(value), "norm": jnp.sum(g**2)}
