"""Two chains of unequal length that share rounds and meet in one loss."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def lower(w, p):
    return jnp.tanh(p @ w)


def rotate(v, q):
    return jnp.sin(q @ v)


def loss(a, b, y):
    return jnp.sum((a * b - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    u: fed.Server[Float[Array, "k"]],
    p: fed.Clients[Float[Array, "k d"]],
    q: fed.Clients[Float[Array, "k k"]],
    y: fed.Clients[Float[Array, "k"]],
) -> fed.Server[Float[Array, ""]]:
    first = fed.map(lower, fed.broadcast(w), p)
    other = fed.map(rotate, fed.broadcast(u), q)
    a = fed.mean(first)
    c = fed.mean(other)
    second = fed.map(rotate, fed.broadcast(a), q)
    b = fed.mean(second)
    b_at_clients, c_at_clients = fed.broadcast((b, c))
    losses = fed.map(loss, b_at_clients, c_at_clients, y)
    return fed.mean(losses)
