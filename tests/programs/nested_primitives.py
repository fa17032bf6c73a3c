"""Primitives within primitives, without a name between them."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((jnp.tanh(x @ w) - y) ** 2)


client_gradient = jax.grad(client_loss)


@fed.computation
def nested(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    """Two rounds in one expression, and primitives inside server expressions."""
    return jnp.exp(-lr) * fed.mean(
        fed.map(
            client_loss,
            fed.broadcast(w - lr * fed.mean(fed.map(client_gradient, fed.broadcast(w), x, y))),
            x,
            y,
        )
    ) + jnp.sin(fed.sum(fed.map(jnp.sum, x)))
