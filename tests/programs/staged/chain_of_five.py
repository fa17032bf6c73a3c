"""Five stages of different widths, through sums and means."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def lower(w, p):
    return jnp.tanh(p @ w)


def rotate(v, q):
    return jnp.sin(q @ v)


def lift(v, p):
    return v @ p


def weigh(v, x):
    return jnp.cos(x @ v)[:2]


def loss(v, y):
    return jnp.sum(v**2) * y[0] + jnp.sum(v)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    p: fed.Clients[Float[Array, "k d"]],
    q: fed.Clients[Float[Array, "k k"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    first = fed.map(lower, fed.broadcast(w), p)
    a = fed.mean(first)
    second = fed.map(rotate, fed.broadcast(a), q)
    b = fed.sum(second)
    third = fed.map(lift, fed.broadcast(b), p)
    c = fed.mean(third)
    fourth = fed.map(weigh, fed.broadcast(c), x)
    e = fed.mean(fourth)
    fifth = fed.map(loss, fed.broadcast(e), y)
    return fed.sum(fifth)
