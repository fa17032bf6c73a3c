"""FedProx: clients that drift apart are held to the server's model by a proximal term.

Li, Sahu, Zaheer, Sanjabi, Talwalkar and Smith, Federated Optimization in Heterogeneous Networks, MLSys
2020, algorithm 2 with all clients in each round; the inexact local solver is gradient descent.

The paper leaves `mu` to a search over {0.001, 0.01, 0.1, 1}. Here it follows its hypergradient.

    python samples/fedprox.py
    fadc transform samples/fedprox.py --mode reverse --wrt mu
"""

from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

LOCAL_STEPS = 20


def client_loss(w, x, y):
    """The mean squared error on one client's examples."""
    return jnp.mean((x @ w - y) ** 2)


def local_objective(local, w, mu, x, y):
    """The client's loss, and the distance to the server's model times half of mu."""
    return client_loss(local, x, y) + 0.5 * mu * jnp.sum((local - w) ** 2)


def client_update(w, mu, lr, x, y):
    """What gradient steps on the local objective change."""

    def step(local, _):
        return local - lr * jax.grad(local_objective)(local, w, mu, x, y), None

    local, _ = jax.lax.scan(step, w, None, length=LOCAL_STEPS)
    return local - w


@fed.computation
def fedprox(
    w: fed.Server[Float[Array, "d"]],
    mu: fed.Server[Float[Array, ""]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    x_held_out: fed.Clients[Float[Array, "m d"]],
    y_held_out: fed.Clients[Float[Array, "m"]],
    rounds: int = 4,
) -> fed.Server[Float[Array, ""]]:
    """The clients' mean loss after some rounds, on what they held out."""
    mu_at_clients, lr_at_clients = fed.broadcast((mu, lr))
    for _ in range(rounds):
        delta = fed.map(client_update, fed.broadcast(w), mu_at_clients, lr_at_clients, x, y)
        w = w + fed.mean(delta)
    return fed.mean(fed.map(client_loss, fed.broadcast(w), x_held_out, y_held_out))


def main():
    """Tunes mu on clients with three noisy examples each, to which they would fit perfectly."""
    keys = jax.random.split(jax.random.key(0), 3)
    x = jnp.linspace(0.5, 2.0, 10)[:, None, None] * jax.random.normal(keys[0], (10, 23, 6))
    solutions = 1.0 + 0.3 * jax.random.normal(keys[1], (10, 6))
    y = jnp.einsum("cnd,cd->cn", x, solutions) + 2.0 * jax.random.normal(keys[2], (10, 23))
    data = x[:, :3], y[:, :3], x[:, 3:], y[:, 3:]

    hypergradient = jax.jit(partial(fed.value_and_grad(fedprox, wrt="mu"), rounds=8))
    mu = jnp.array(1.0)
    for step in range(8):
        loss, (mu_bar,) = hypergradient(jnp.zeros(6), mu, 0.02, *data)
        print(f"step {step}: mu {mu:6.3f}  loss {loss:7.4f}  d mu {mu_bar:8.4f}")
        mu = mu * jnp.exp(-jnp.clip(2.0 * mu * mu_bar, -1.0, 1.0))


if __name__ == "__main__":
    main()
