"""FedNova: clients take different numbers of local steps, and the server averages what they change a step.

Wang, Liu, Liang, Joshi and Poor, Tackling the Objective Inconsistency Problem in Heterogeneous
Federated Optimization, NeurIPS 2020, equation 6 with plain local SGD: each change is divided by the
client's own number of steps, and the mean is multiplied by the effective number of steps, by default
their mean over the examples. A plain average of the changes would lean to the clients that step most.

The paper leaves the effective number of steps to the server. Here it is scaled by `server_lr`, whose
derivative says how far to go.

    python samples/fednova.py
    fadc transform samples/fednova.py --of fednova_round --mode reverse --wrt w,server_lr --result loss
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

import fadc as fed

MOST_STEPS = 16


def client_loss(w, x, y):
    """The mean squared error on one client's examples."""
    return jnp.mean((x @ w - y) ** 2)


def client_update(w, lr, steps, x, y):
    """What the client's own number of gradient steps changes, divided by that number."""

    def step(local, number):
        moved = local - lr * jax.grad(client_loss)(local, x, y)
        return jnp.where(number < steps, moved, local), None

    local, _ = jax.lax.scan(step, w, jnp.arange(MOST_STEPS))
    return (local - w) / steps


def as_float(count):
    """A count as a number to average."""
    return count * 1.0


@fed.computation
def fednova_round(
    w: fed.Server[Float[Array, "d"]],
    server_lr: fed.Server[Float[Array, ""]],
    lr: fed.Server[Float[Array, ""]],
    steps: fed.Clients[Int[Array, ""]],
    examples: fed.Clients[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, "d"]]]:
    """The loss after one round, weighted by examples, and the new model."""
    w_at_clients, lr_at_clients = fed.broadcast((w, lr))
    change = fed.map(client_update, w_at_clients, lr_at_clients, steps, x, y)
    effective_steps = fed.weighted_mean(fed.map(as_float, steps), examples)
    w_next = w + server_lr * effective_steps * fed.weighted_mean(change, examples)
    losses = fed.map(client_loss, fed.broadcast(w_next), x, y)
    loss = fed.weighted_mean(losses, examples)
    return loss, w_next


def main():
    """Trains clients that disagree, of which some take 16 steps and some one."""
    keys = jax.random.split(jax.random.key(0), 2)
    x = jax.random.normal(keys[0], (6, 10, 4))
    y = jnp.einsum("cnd,cd->cn", x, 1.0 + jax.random.normal(keys[1], (6, 4)))
    steps, examples = jnp.array([1, 1, 2, 4, 8, 16]), jnp.array([10.0, 10.0, 10.0, 5.0, 5.0, 10.0])
    hypergradient = jax.jit(fed.value_and_grad(fednova_round, wrt="server_lr", result="loss"))

    w, server_lr = jnp.zeros(4), jnp.array(0.1)
    for round_number in range(12):
        (loss, (w,)), (server_lr_bar,) = hypergradient(w, server_lr, 0.02, steps, examples, x, y)
        if round_number % 3 == 2:
            print(f"round {round_number:2}: server_lr {server_lr:.3f}  loss {loss:.4f}")
        server_lr = server_lr * jnp.exp(-0.5 * jnp.sign(server_lr_bar))


if __name__ == "__main__":
    main()
