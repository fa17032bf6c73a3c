"""Client selection by loss: in each round, the client on which the model does worst trains it.

Cho, Wang and Joshi, Towards Understanding Biased Client Selection in Federated Learning, AISTATS 2022:
power-of-choice with all clients as candidates, one of which is chosen.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

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


def is_chosen(number, chosen):
    """One for the client that trains, zero for the others."""
    return jnp.where(number == chosen, 1.0, 0.0)


@fed.computation
def worst_client_round(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    number: fed.Clients[Int[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, "d"]]]:
    """The mean loss before the round, and the model after it."""
    w_at_clients, lr_at_clients = fed.broadcast((w, lr))
    losses = fed.map(client_loss, w_at_clients, x, y)
    chosen = jnp.argmax(losses)
    weights = fed.map(is_chosen, number, fed.broadcast(chosen))
    delta = fed.map(client_update, w_at_clients, lr_at_clients, x, y)
    return fed.mean(losses), w + fed.weighted_mean(delta, weights)


def main():
    """Clients that disagree."""
    keys = jax.random.split(jax.random.key(0), 2)
    x = jax.random.normal(keys[0], (6, 16, 4))
    y = jnp.einsum("cnd,cd->cn", x, 1.0 + jax.random.normal(keys[1], (6, 4)))
    w = jnp.zeros(4)
    for round_number in range(10):
        loss, w = worst_client_round(w, 0.05, jnp.arange(6), x, y)
        print(f"round {round_number}: loss {loss:.4f}")


if __name__ == "__main__":
    main()
