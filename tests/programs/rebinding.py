"""A name is bound again, at the server and at the clients."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((jnp.tanh(x @ w) - y) ** 2)


@fed.computation
def rebinding(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    """The parameters, the model at the clients and the loss are all rebound."""
    w = jnp.tanh(w) * 2.0
    w = w - lr * w**2
    model = fed.broadcast(w)
    model = fed.map(jnp.sin, model)
    model = fed.map(jnp.add, model, model)
    loss = fed.map(client_loss, model, x, y)
    loss = fed.mean(loss)
    loss = loss * lr + loss
    return loss
