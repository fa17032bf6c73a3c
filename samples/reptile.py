"""Reptile: first-order meta-learning, whose round is one of federated averaging.

Nichol, Achiam and Schulman, On First-Order Meta-Learning Algorithms, 2018, algorithm 2 (Reptile,
batched version): each task takes a few SGD steps from the common initialisation, which then moves by
`outer_lr` towards the mean of where they ended. A task is a client here, as in Jiang, Konečný, Rush
and Kannan, Improving Federated Learning Personalization via Model Agnostic Meta Learning, 2019.

Reptile never differentiates through the steps. The derivative of the loss after adaptation does: it
is the meta-gradient that Reptile stands in for, and it tunes the two learning rates.

    python samples/reptile.py
    fadc transform samples/reptile.py --mode reverse --wrt params,inner_lr,outer_lr --result loss
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

import fadc as fed


def client_loss(params, x, y):
    """The mean squared error of a network with one hidden layer."""
    hidden = jnp.tanh(x[:, None] * params["w1"] + params["b1"])
    return jnp.mean((hidden @ params["w2"] - y) ** 2)


def adapted(params, inner_lr, x, y):
    """The parameters after one step of SGD for each of the client's batches."""

    def step(params, batch):
        gradient = jax.grad(client_loss)(params, *batch)
        return jax.tree.map(lambda p, g: p - inner_lr * g, params, gradient), None

    params, _ = jax.lax.scan(step, params, (x, y))
    return params


def change(params, inner_lr, x, y):
    """What adapting adds to the parameters."""
    return jax.tree.map(jnp.subtract, adapted(params, inner_lr, x, y), params)


def loss_after(params, inner_lr, x, y, x_query, y_query):
    """The loss of the adapted parameters on examples that they were not adapted to."""
    return client_loss(adapted(params, inner_lr, x, y), x_query, y_query)


@fed.computation
def reptile_round(
    params: fed.Server[PyTree],
    inner_lr: fed.Server[Float[Array, ""]],
    outer_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "k n"]],
    y: fed.Clients[Float[Array, "k n"]],
    x_query: fed.Clients[Float[Array, "m"]],
    y_query: fed.Clients[Float[Array, "m"]],
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[PyTree]]:
    """The clients' mean loss after they adapt the parameters of one round, and those parameters."""
    params_at_clients, inner_lr_at_clients = fed.broadcast((params, inner_lr))
    delta = fed.mean(fed.map(change, params_at_clients, inner_lr_at_clients, x, y))
    params_next = jax.tree.map(lambda p, d: p + outer_lr * d, params, delta)
    losses = fed.map(
        loss_after, fed.broadcast(params_next), inner_lr_at_clients, x, y, x_query, y_query
    )
    loss = fed.mean(losses)
    return loss, params_next


def sines(key, clients, batches, examples):
    """The paper's regression tasks: sine waves of random amplitude and phase; x, y and a query."""
    keys = jax.random.split(key, 3)
    amplitude = jax.random.uniform(keys[0], (clients, 1), minval=0.1, maxval=5.0)
    phase = jax.random.uniform(keys[1], (clients, 1), maxval=2 * jnp.pi)
    x = jax.random.uniform(keys[2], (clients, batches + 1, examples), minval=-5.0, maxval=5.0)
    y = amplitude[:, :, None] * jnp.sin(x + phase[:, :, None])
    return x[:, :-1], y[:, :-1], x[:, -1], y[:, -1]


def main():
    """Meta-trains on fresh clients with the inner learning rate fixed, then with it tuned."""
    keys = jax.random.split(jax.random.key(0), 2)
    start = {"w1": jax.random.normal(keys[0], (32,)), "b1": 2 * jax.random.normal(keys[1], (32,))}
    start["w2"] = jnp.zeros(32)

    hypergradient = jax.jit(fed.value_and_grad(reptile_round, wrt="inner_lr", result="loss"))
    for tuned in (False, True):
        params, inner_lr = start, jnp.array(0.003)
        for round_number in range(201):
            data = sines(jax.random.key(round_number), 10, 5, 10)
            (loss, (params,)), (inner_lr_bar,) = hypergradient(params, inner_lr, 1.0, *data)
            if round_number % 50 == 0:
                print(f"round {round_number:3}: inner_lr {inner_lr:.4f}  loss {loss:.3f}")
            relative = inner_lr * inner_lr_bar / loss
            inner_lr = inner_lr * jnp.exp(-0.2 * jnp.clip(relative, -1.0, 1.0)) ** tuned


if __name__ == "__main__":
    main()
