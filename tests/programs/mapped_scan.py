"""FedAvg: local steps in a lax.scan, a gradient inside the mapped function."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((jnp.tanh(x @ w) - y) ** 2)


def client_update(w, lr, x, y):
    def step(w, _):
        return w - lr * jax.grad(client_loss)(w, x, y), None

    w_final, _ = jax.lax.scan(step, w, None, length=3)
    return w - w_final


@fed.computation
def fedavg_round(
    w: fed.Server[Float[Array, "d"]],
    client_lr: fed.Server[Float[Array, ""]],
    server_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    """One round of FedAvg, then the clients' mean loss at the new model."""
    w_at_clients = fed.broadcast(w)
    lr_at_clients = fed.broadcast(client_lr)
    delta = fed.map(client_update, w_at_clients, lr_at_clients, x, y)
    w_next = w - server_lr * fed.mean(delta)
    losses = fed.map(client_loss, fed.broadcast(w_next), x, y)
    return fed.mean(losses)
