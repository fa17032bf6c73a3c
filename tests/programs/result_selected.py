"""One result is differentiated, the others are auxiliary."""

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
) -> tuple[
    fed.Server[Float[Array, "d"]], fed.Server[Float[Array, ""]], fed.Clients[Float[Array, ""]]
]:
    """A round that returns everything that it knows."""
    w_next = w - lr * fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
    loss = fed.mean(fed.map(jnp.vdot, fed.broadcast(w_next), x))
    return w_next, loss, fed.map(jnp.sum, x)
