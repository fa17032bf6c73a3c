"""FedAvg: clients take local gradient steps, and the server applies their mean update.

McMahan, Moore, Ramage, Hampson and Agüera y Arcas, Communication-Efficient Learning of Deep Networks
from Decentralized Data, AISTATS 2017, algorithm 1; with a server learning rate as in Reddi et al.,
Adaptive Federated Optimization, ICLR 2021.

The derivative for `server_lr` is a hypergradient: it says how the learning rate should have been.

    python samples/fedavg.py
    fadc transform samples/fedavg.py --mode reverse --wrt w,server_lr
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((x @ w - y) ** 2)


def client_update(w, lr, x, y):
    def step(w, _):
        return w - lr * jax.grad(client_loss)(w, x, y), None

    w_final, _ = jax.lax.scan(step, w, None, length=5)
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


def main():
    """Tunes the server learning rate of one round by its hypergradient."""
    keys = jax.random.split(jax.random.key(0), 3)
    x = jax.random.normal(keys[0], (8, 16, 4))
    y = x @ jnp.arange(1.0, 5.0) + 0.1 * jax.random.normal(keys[1], (8, 16))
    w, client_lr, server_lr = jax.random.normal(keys[2], (4,)), 0.02, 0.1

    hypergradient = jax.jit(fed.value_and_grad(fedavg_round, wrt="server_lr"))
    for step in range(6):
        loss, (server_lr_bar,) = hypergradient(w, client_lr, server_lr, x, y)
        print(f"step {step}: server_lr {server_lr:.3f}  loss {loss:7.4f}  d {server_lr_bar:8.4f}")
        server_lr = server_lr - 0.25 * server_lr_bar


if __name__ == "__main__":
    main()
