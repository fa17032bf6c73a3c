"""FedAvg whose server judges the new model by the first client's loss alone.

A shortcut that simulations invite to: the clients' values are rows of one array there, and the first
row is as good as any. It is one client's own loss, which no aggregation hides.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

LOCAL_STEPS = 5


def client_loss(w, x, y):
    """The mean squared error on one client's examples."""
    return jnp.mean((x @ w - y) ** 2)


def client_update(w, lr, x, y):
    """The change of the model in some gradient steps."""

    def step(local, _):
        return local - lr * jax.grad(client_loss)(local, x, y), None

    local, _ = jax.lax.scan(step, w, None, length=LOCAL_STEPS)
    return local - w


@fed.computation
def fedavg_round(
    w: fed.Server[Float[Array, "d"]],
    client_lr: fed.Server[Float[Array, ""]],
    server_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, "d"]]]:
    """The loss at the new model, and the model."""
    w_at_clients, lr_at_clients = fed.broadcast((w, client_lr))
    delta = fed.map(client_update, w_at_clients, lr_at_clients, x, y)
    w_next = w + server_lr * fed.mean(delta)
    losses = fed.map(client_loss, fed.broadcast(w_next), x, y)
    validation_loss = losses[0]
    return validation_loss, w_next


def main():
    """Clients that agree, so that the shortcut goes unnoticed."""
    keys = jax.random.split(jax.random.key(0), 2)
    x = jax.random.normal(keys[0], (6, 16, 4))
    y = x @ jnp.arange(1.0, 5.0) + 0.1 * jax.random.normal(keys[1], (6, 16))
    w = jnp.zeros(4)
    for round_number in range(10):
        loss, w = fedavg_round(w, 0.02, 1.0, x, y)
        print(f"round {round_number}: loss {loss:.4f}")


if __name__ == "__main__":
    main()
