"""What is sent is an expression, a constant, or a display."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def combine(w, offset, pair):
    left, right = pair
    return jnp.sum(jnp.sin(w + offset) * left) * right


@fed.computation
def send_expressions(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Arguments of broadcast that are not names."""
    offset = fed.broadcast(jnp.ones(3) * 0.5)
    values = fed.map(combine, fed.broadcast(w * lr), offset, fed.broadcast((w**2, lr)))
    shifted = fed.map(jnp.dot, fed.broadcast(-w), x)
    return fed.sum(values) + fed.mean(shifted)
