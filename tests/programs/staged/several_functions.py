"""The client work of a stage is several functions, with static arguments."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def features(w, p, *, power):
    return jnp.tanh(p @ w) ** power


def split(h):
    return h, jnp.sum(h)


def join(h, s, power):
    return h * s + power


def loss(centre, y):
    return jnp.sum((centre - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    p: fed.Clients[Float[Array, "k d"]],
    y: fed.Clients[Float[Array, "k"]],
    power: int,
) -> fed.Server[Float[Array, ""]]:
    h = fed.map(features, fed.broadcast(w), p, power=power)
    parts, total = fed.map(split, h)
    sketches = fed.map(lambda h, s: join(h, s, power), parts, total)
    centre = fed.mean(sketches)
    losses = fed.map(loss, fed.broadcast(centre), y)
    return fed.mean(losses)
