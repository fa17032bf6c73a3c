"""Client state is carried around a loop."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_step(w, control, x):
    gradient = jnp.cos(w * x) * x
    return gradient - control, 0.5 * control + 0.5 * jnp.sin(gradient)


@fed.computation
def stateful(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    control: fed.Clients[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """A control variate at each client, updated in every round."""
    for _ in range(3):
        step, control = fed.map(client_step, fed.broadcast(w), control, x)
        w = w - lr * fed.mean(step)
    return jnp.sum(w**2) + jnp.sum(fed.mean(control))
