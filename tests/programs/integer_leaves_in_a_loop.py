"""A state with an integer counter is carried, taped and sent."""

import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

import fadc as fed


def client_gradient(state, x):
    return jnp.cos(state["w"] * x) / (1 + state["count"])


@fed.computation
def counting(
    state: fed.Server[dict[str, PyTree]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> tuple[fed.Server[dict[str, PyTree]], fed.Server[Float[Array, ""]]]:
    """The counter goes up by one in each round."""
    history = []
    for _ in range(2):
        g = fed.mean(fed.map(client_gradient, fed.broadcast(state), x))
        history.append(state)
        state = {"w": state["w"] - lr * g, "count": state["count"] + 1}
    total = 0.0
    for old in reversed(history):
        total = total + jnp.sum(old["w"] * state["w"]) * old["count"]
    return state, total
