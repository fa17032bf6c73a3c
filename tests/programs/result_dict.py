"""A dict of server values; one of them is inactive."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def report(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> dict[str, fed.Server[Float[Array, ""]]]:
    """What a training loop logs."""
    g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
    return {
        "loss": jnp.sum(g**2),
        "rate": lr * 2.0,
        "data": fed.mean(fed.map(jnp.sum, x)),
        "size": fed.num_clients() * 1.0,
    }
