"""FedOpt: the server hands the clients' mean update to an optimizer, as if it were a gradient.

Reddi, Charles, Zaheer, Garrett, Rush, Konečný, Kumar and McMahan, Adaptive Federated Optimization, ICLR
2021, algorithms 1 and 2: FedAvgM, FedAdagrad, FedAdam and FedYogi with τ = 0.001. The optimizers are
optax's: its Adam and Yogi correct the bias of their averages, and its Adagrad adds τ² under the root
where the paper adds τ to it.

The server's state is a pytree that goes in and comes out of each round. The derivative for
`server_lr` goes through the optimizer. Needs optax.

    python samples/fedopt.py
    fadc transform samples/fedopt.py --mode reverse --wrt server_lr --result loss
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

import fadc as fed

LOCAL_STEPS = 5
FEDAVGM = partial(optax.sgd, momentum=0.9)
FEDADAGRAD = partial(optax.adagrad, initial_accumulator_value=1e-6, eps=1e-6)
FEDADAM = partial(optax.adam, b1=0.9, b2=0.99, eps=1e-3)
FEDYOGI = partial(optax.yogi, b1=0.9, b2=0.99, eps=1e-3)


def client_loss(w, x, y):
    """The mean squared error on one client's examples."""
    return jnp.mean((x @ w - y) ** 2)


def client_update(w, lr, x, y):
    """What local gradient steps change."""

    def step(local, _):
        return local - lr * jax.grad(client_loss)(local, x, y), None

    local, _ = jax.lax.scan(step, w, None, length=LOCAL_STEPS)
    return local - w


@fed.computation
def fedopt_round(
    w: fed.Server[Float[Array, "d"]],
    state: fed.Server[PyTree],
    server_lr: fed.Server[Float[Array, ""]],
    client_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    optimizer: Callable = FEDADAM,
) -> tuple[
    fed.Server[Float[Array, ""]],
    fed.Server[Float[Array, "d"]],
    fed.Server[PyTree],
]:
    """The loss after one round, the new model and the optimizer's new state."""
    w_at_clients, lr_at_clients = fed.broadcast((w, client_lr))
    delta = fed.mean(fed.map(client_update, w_at_clients, lr_at_clients, x, y))
    updates, state_next = optimizer(server_lr).update(-delta, state)
    w_next = w + updates
    loss = fed.mean(fed.map(client_loss, fed.broadcast(w_next), x, y))
    return loss, w_next, state_next


def main():
    """Trains with each optimizer from a learning rate that is too small and follows its hypergradient."""
    keys = jax.random.split(jax.random.key(0), 3)
    x = jax.random.normal(keys[0], (6, 12, 4)) * jnp.array([3.0, 1.0, 0.3, 0.1])
    y = x @ jnp.array([0.3, 1.0, 3.0, 10.0]) + 0.1 * jax.random.normal(keys[1], (6, 12))

    gradient = fed.value_and_grad(fedopt_round, wrt="server_lr", result="loss")
    optimizers = {
        "FedAvgM": FEDAVGM,
        "FedAdagrad": FEDADAGRAD,
        "FedAdam": FEDADAM,
        "FedYogi": FEDYOGI,
    }
    for name, optimizer in optimizers.items():
        hypergradient = jax.jit(partial(gradient, optimizer=optimizer))
        w, server_lr = jnp.zeros(4), jnp.array(0.01)
        state = optimizer(server_lr).init(w)
        for _ in range(20):
            (loss, (w, state)), (server_lr_bar,) = hypergradient(w, state, server_lr, 0.02, x, y)
            server_lr = server_lr * jnp.exp(-0.3 * jnp.sign(server_lr_bar))
        print(f"{name:10}  server_lr 0.010 -> {server_lr:.3f}  loss {loss:.4f}")


if __name__ == "__main__":
    main()
