"""SCAFFOLD: control variates at the server and at the clients."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((jnp.tanh(x @ w) - y) ** 2)


def client_update(w, lr, server_control, control, x, y):
    def step(w, _):
        gradient = jax.grad(client_loss)(w, x, y)
        return w - lr * (gradient - control + server_control), None

    w_final, _ = jax.lax.scan(step, w, None, length=2)
    control_next = control - server_control + (w - w_final) / 2.0
    return w_final - w, control_next, control_next - control


@fed.computation
def scaffold_round(
    w: fed.Server[Float[Array, "d"]],
    server_control: fed.Server[Float[Array, "d"]],
    control: fed.Clients[Float[Array, "d"]],
    client_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> tuple[
    fed.Server[Float[Array, "d"]], fed.Server[Float[Array, "d"]], fed.Clients[Float[Array, "d"]]
]:
    """One round; all three states go in and out."""
    w_c, lr_c, control_c = fed.broadcast((w, client_lr, server_control))
    delta, control, control_delta = fed.map(client_update, w_c, lr_c, control_c, control, x, y)
    mean_delta, mean_control = fed.mean((delta, control_delta))
    return w + mean_delta, server_control + mean_control, control
