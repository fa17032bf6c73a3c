"""FedAvg over several rounds on a network whose parameters are a dict."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

import fadc as fed


def predict(params, x):
    hidden = jnp.tanh(x @ params["w1"] + params["b1"])
    return hidden @ params["w2"]


def client_loss(params, batch):
    return jnp.mean((predict(params, batch["x"]) - batch["y"]) ** 2)


def client_update(params, lr, batch):
    gradient = jax.grad(client_loss)(params, batch)
    return jax.tree.map(lambda g: lr * g, gradient)


@fed.computation
def train(
    params: fed.Server[PyTree],
    client_lr: fed.Server[Float[Array, ""]],
    server_lr: fed.Server[Float[Array, ""]],
    batch: fed.Clients[PyTree],
    rounds: int = 2,
) -> fed.Server[Float[Array, ""]]:
    """Trains, and returns the loss after training."""
    for _ in range(rounds):
        at_clients = fed.broadcast(params)
        delta = fed.mean(fed.map(client_update, at_clients, fed.broadcast(client_lr), batch))
        params = jax.tree.map(lambda p, d: p - server_lr * d, params, delta)
    return fed.mean(fed.map(client_loss, fed.broadcast(params), batch))
