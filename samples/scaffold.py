"""SCAFFOLD: clients keep a control variate, a state that goes in and comes out of each round.

Karimireddy, Kale, Mohri, Reddi, Stich and Suresh, SCAFFOLD: Stochastic Controlled Averaging for
Federated Learning, ICML 2020, algorithm 1 with option II and full participation.

`control` is placed at the clients on both sides, so that its value never leaves them. The derivative
of the loss for it is at the clients, too.

    python samples/scaffold.py
    fadc transform samples/scaffold.py --of scaffold_round --mode reverse --wrt w,control --result loss
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

LOCAL_STEPS = 10


def client_loss(w, x, y):
    """The mean squared error on one client's examples."""
    return jnp.mean((x @ w - y) ** 2)


def client_update(w, server_control, control, lr, x, y):
    """The changes of the model and of the control, and the new control."""

    def step(local, _):
        gradient = jax.grad(client_loss)(local, x, y)
        return local - lr * (gradient - control + server_control), None

    local, _ = jax.lax.scan(step, w, None, length=LOCAL_STEPS)
    control_next = control - server_control + (w - local) / (LOCAL_STEPS * lr)
    return local - w, control_next - control, control_next


@fed.computation
def scaffold_round(
    w: fed.Server[Float[Array, "d"]],
    server_control: fed.Server[Float[Array, "d"]],
    control: fed.Clients[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> tuple[
    fed.Server[Float[Array, ""]],
    fed.Server[Float[Array, "d"]],
    fed.Server[Float[Array, "d"]],
    fed.Clients[Float[Array, "d"]],
]:
    """The loss after one round, and the new model, server control and client controls."""
    w_at_clients, server_control_at_clients, lr_at_clients = fed.broadcast((w, server_control, lr))
    delta, control_delta, control_next = fed.map(
        client_update, w_at_clients, server_control_at_clients, control, lr_at_clients, x, y
    )
    w_next = w + fed.mean(delta)
    server_control_next = server_control + fed.mean(control_delta)
    loss = fed.mean(fed.map(client_loss, fed.broadcast(w_next), x, y))
    return loss, w_next, server_control_next, control_next


def main():
    """Trains clients that disagree, and prints the derivative of the loss for the learning rate."""
    keys = jax.random.split(jax.random.key(0), 2)
    x = jax.random.normal(keys[0], (6, 10, 4))
    y = jnp.einsum("cnd,cd->cn", x, 1.0 + jax.random.normal(keys[1], (6, 4)))
    w, server_control, control = jnp.zeros(4), jnp.zeros(4), jnp.zeros((6, 4))

    gradient = jax.jit(fed.value_and_grad(scaffold_round, wrt="lr", result="loss"))
    for round_number in range(6):
        (loss, state), (lr_bar,) = gradient(w, server_control, control, 0.02, x, y)
        print(f"round {round_number}: loss {loss:.5f}  d lr {lr_bar:9.5f}")
        w, server_control, control = state


if __name__ == "__main__":
    main()
