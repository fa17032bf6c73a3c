"""A client-placed parameter with integer leaves is differentiated."""

import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

import fadc as fed


def client_loss(w, state):
    return jnp.sum(jnp.tanh(w * state["control"])) * state["count"]


def client_update(state, loss):
    return {"control": state["control"] * loss, "count": state["count"] + 1}


@fed.computation
def stateful(
    w: fed.Server[Float[Array, "d"]], state: fed.Clients[PyTree]
) -> tuple[fed.Server[Float[Array, ""]], fed.Clients[PyTree]]:
    """State in, state out."""
    losses = fed.map(client_loss, fed.broadcast(w), state)
    return fed.mean(losses), fed.map(client_update, state, losses)
