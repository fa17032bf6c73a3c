"""A loop of equal stages, then the loss."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def step(w, lr, x, y):
    return lr * (x.T @ jnp.tanh(x @ w - y))


def loss(w, x, y):
    return jnp.mean((x @ w - y) ** 2)


@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    rounds: int,
) -> fed.Server[Float[Array, ""]]:
    for _ in range(rounds):
        w_at_clients, lr_at_clients = fed.broadcast((w, lr))
        delta = fed.map(step, w_at_clients, lr_at_clients, x, y)
        w = w - fed.mean(delta)
    losses = fed.map(loss, fed.broadcast(w), x, y)
    return fed.mean(losses)
