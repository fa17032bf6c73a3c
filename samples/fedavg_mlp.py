"""Several rounds of FedAvg on a small network, and the gradient through all of them.

McMahan, Moore, Ramage, Hampson and Agüera y Arcas, Communication-Efficient Learning of Deep Networks
from Decentralized Data, AISTATS 2017, algorithm 1. Differentiating the loss after training for the
learning rates is Maclaurin, Duvenaud and Adams, Gradient-based Hyperparameter Optimization through
Reversible Learning, ICML 2015.

The parameters are a dict of arrays, and the loop over rounds stays a loop in the derivative.

    python samples/fedavg_mlp.py
    fadc transform samples/fedavg_mlp.py --mode reverse --wrt params,server_lr --checkpoint every=2
    fadc verify samples/fedavg_mlp.py --inputs samples.fedavg_mlp:inputs
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

Params = dict[str, Float[Array, "..."]]
"""`w1` of shape (d, h), `b1` of shape (h,), `w2` of shape (h,)."""


def client_loss(params, x, y):
    """The mean squared error of the network on one client's examples."""
    hidden = jnp.tanh(x @ params["w1"] + params["b1"])
    return jnp.mean((hidden @ params["w2"] - y) ** 2)


def client_update(params, lr, x, y):
    """What three local gradient steps change."""

    def step(local, _):
        gradient = jax.grad(client_loss)(local, x, y)
        return jax.tree.map(lambda p, g: p - lr * g, local, gradient), None

    local, _ = jax.lax.scan(step, params, None, length=3)
    return jax.tree.map(jnp.subtract, params, local)


@fed.computation
def train(
    params: fed.Server[Params],
    client_lr: fed.Server[Float[Array, ""]],
    server_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    rounds: int = 5,
) -> fed.Server[Float[Array, ""]]:
    """Trains for some rounds, and returns the clients' mean loss after them."""
    lr_at_clients = fed.broadcast(client_lr)
    for _ in range(rounds):
        delta = fed.map(client_update, fed.broadcast(params), lr_at_clients, x, y)
        params = jax.tree.map(lambda p, d: p - server_lr * d, params, fed.mean(delta))
    return fed.mean(fed.map(client_loss, fed.broadcast(params), x, y))


def inputs(clients):
    """Arguments of `train` for a number of clients, `rounds` left out."""
    keys = jax.random.split(jax.random.key(0), 4)
    params = {
        "w1": 0.5 * jax.random.normal(keys[0], (3, 8)),
        "b1": jnp.zeros(8),
        "w2": 0.5 * jax.random.normal(keys[1], (8,)),
    }
    x = jax.random.normal(keys[2], (clients, 20, 3))
    y = jnp.sin(x).sum(-1) + 0.1 * jax.random.normal(keys[3], (clients, 20))
    rates = {"client_lr": jnp.array(0.05), "server_lr": jnp.array(1.0)}
    return {"params": params, **rates, "x": x, "y": y}


def main():
    """Prints the loss after training, and how it depends on the learning rates."""
    given = inputs(clients=6)
    for rounds in (0, 5, 10):
        print(f"after {rounds:2} rounds: loss {train(**given, rounds=rounds):.4f}")
    gradient = fed.value_and_grad(train, wrt="client_lr,server_lr", checkpoint=2)
    _, (client_lr_bar, server_lr_bar) = gradient(**given)
    print(f"after  5 rounds: d client_lr {client_lr_bar:.4f}, d server_lr {server_lr_bar:.4f}")


if __name__ == "__main__":
    main()
