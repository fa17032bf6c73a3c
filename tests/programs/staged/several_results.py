"""A model, its loss and a list of losses on the way: all of them depend on one rate."""

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
    rate: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    rounds: int,
) -> tuple[fed.Server[Float[Array, "d"]], fed.Server[Float[Array, ""]], list[fed.Server]]:
    curve = []
    for _ in range(rounds):
        at_clients = fed.broadcast(w)
        losses = fed.map(loss, at_clients, x, y)
        delta = fed.map(update, at_clients, x, y)
        curve.append(fed.mean(losses))
        w = w - rate * fed.mean(delta)
    last = fed.map(loss, fed.broadcast(w), x, y)
    return w, fed.mean(last), curve
