"""A rate for each of four rounds: the more of them have entered, the more their tangents cost."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def update(w, x, y):
    return x.T @ jnp.tanh(x @ w - y)


def loss(w, x, y):
    return jnp.mean((x @ w - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    a: fed.Server[Float[Array, ""]],
    b: fed.Server[Float[Array, ""]],
    c: fed.Server[Float[Array, ""]],
    e: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    first = fed.map(update, fed.broadcast(w), x, y)
    u = w - a * fed.mean(first)
    second = fed.map(update, fed.broadcast(u), x, y)
    v = u - b * fed.mean(second)
    third = fed.map(update, fed.broadcast(v), x, y)
    t = v - c * fed.mean(third)
    fourth = fed.map(update, fed.broadcast(t), x, y)
    s = t - e * fed.mean(fourth)
    losses = fed.map(loss, fed.broadcast(s), x, y)
    return fed.mean(losses)
