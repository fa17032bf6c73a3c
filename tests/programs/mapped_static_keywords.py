"""Static keyword arguments of fed.map."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_steps(w, lr, x, *, steps, schedule="constant"):
    for k in range(steps):
        rate = lr if schedule == "constant" else lr / (k + 1)
        w = w - rate * jnp.sin(w) * x
    return w


@fed.computation
def keywords(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    steps: int = 2,
    schedule: str = "decay",
) -> fed.Server[Float[Array, ""]]:
    """Integers and strings, literal and from parameters."""
    w_at_clients, lr_at_clients = fed.broadcast((w, lr))
    a = fed.map(local_steps, w_at_clients, lr_at_clients, x, steps=3)
    b = fed.map(local_steps, a, lr_at_clients, x, steps=steps + 1, schedule=schedule)
    return jnp.sum(fed.mean(b) ** 2)
