"""Tuple, list and dict displays at the server."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x, y):
    return jnp.mean((jnp.tanh(x @ w) - y) ** 2)


@fed.computation
def displays(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    """Displays are built, nested, and taken apart by unpacking and by string key."""
    pair = (jnp.sin(w), lr**2)
    sine, rate = pair
    parts = [sine * rate, jnp.cos(w)]
    left, right = parts
    state = {"m": left + right, "nested": {"v": right * left, "rate": rate}}
    loss = fed.mean(fed.map(client_loss, fed.broadcast(state["m"]), x, y))
    return loss * state["nested"]["rate"] + jnp.sum(state["nested"]["v"])
