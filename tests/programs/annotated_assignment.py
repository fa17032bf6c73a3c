"""Locals with annotations: placed, static and plain."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((jnp.tanh(x @ w) - y) ** 2)


@fed.computation
def annotated(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    """An annotation says what inference finds anyway."""
    steps: int = 2
    model: fed.Clients[Float[Array, d]] = fed.broadcast(w * lr)
    loss: fed.Clients = fed.map(client_loss, model, x, y)
    mean_loss: fed.Server[Float[Array, ""]] = fed.mean(loss)
    for _ in range(steps):
        mean_loss: fed.Server[Float[Array, ""]] = jnp.sin(mean_loss) * lr
    return mean_loss
