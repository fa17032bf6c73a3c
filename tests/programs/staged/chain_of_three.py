"""Scalars between wide values: only the middle stage is cheap to accumulate."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def score(w, x):
    return jnp.mean(jnp.tanh(x @ w))


def spread(level, x):
    return jnp.sin(level * x[0])


def loss(direction, x, y):
    return jnp.mean((x @ direction - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    scores = fed.map(score, fed.broadcast(w), x)
    level = jnp.exp(fed.mean(scores))
    spreads = fed.map(spread, fed.broadcast(level), x)
    direction = fed.sum(spreads) * 0.1
    losses = fed.map(loss, fed.broadcast(direction), x, y)
    return fed.mean(losses)
