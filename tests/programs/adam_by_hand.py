"""FedAdam written out: moments in a dict, string keys, jnp functions."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((jnp.tanh(x @ w) - y) ** 2)


client_gradient = jax.grad(client_loss)


@fed.computation
def adam_round(
    w: fed.Server[Float[Array, "d"]],
    state: fed.Server[dict[str, Float[Array, "d"]]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> tuple[fed.Server[Float[Array, "d"]], fed.Server[dict[str, Float[Array, "d"]]]]:
    """One round of FedAdam; the state goes in and out."""
    g = fed.mean(fed.map(client_gradient, fed.broadcast(w), x, y))
    state = {"m": 0.9 * state["m"] + 0.1 * g, "v": 0.99 * state["v"] + 0.01 * g**2}
    w = w - lr * state["m"] / (jnp.sqrt(state["v"] + 1e-3))
    return w, state
