"""A NamedTuple at the server and at the clients, read by attribute."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


class State(NamedTuple):
    w: jax.Array
    momentum: jax.Array
    count: jax.Array


class Report(NamedTuple):
    loss: jax.Array
    gradient: jax.Array


def client_report(w, x, y):
    loss = lambda w: jnp.mean((jnp.tanh(x @ w) - y) ** 2)
    return Report(loss(w), jax.grad(loss)(w))


@fed.computation
def momentum_round(
    state: fed.Server[State],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> tuple[fed.Server[State], fed.Server[Float[Array, ""]]]:
    """One step of heavy-ball momentum; the step counter is an integer leaf."""
    report = fed.map(client_report, fed.broadcast(state.w), x, y)
    momentum = 0.9 * state.momentum + fed.mean(report.gradient)
    new_state = State(w=state.w - lr * momentum, momentum=momentum, count=state.count + 1)
    return new_state, fed.mean(report.loss)
