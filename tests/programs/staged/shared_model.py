"""Both stages read the same copy of the model, whose cotangents are added at the clients."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def direction(w, p):
    return jnp.tanh(p @ w)


def loss(w, v, p, y):
    return jnp.sum((p @ w + v - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    p: fed.Clients[Float[Array, "k d"]],
    y: fed.Clients[Float[Array, "k"]],
) -> fed.Server[Float[Array, ""]]:
    at_clients = fed.broadcast(w)
    directions = fed.map(direction, at_clients, p)
    v = fed.mean(directions)
    losses = fed.map(loss, at_clients, fed.broadcast(v), p, y)
    return fed.mean(losses)
