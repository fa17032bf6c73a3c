"""Two uploads of one stage with parts of their own, then a stage that needs both."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def centre(w, x):
    return jnp.tanh(x.T @ (x @ w))


def width(w, p):
    return jnp.sum(jnp.sin(p @ w))


def loss(m, s, x, y):
    return jnp.mean((s * (x @ m) - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    p: fed.Clients[Float[Array, "k d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    at_clients = fed.broadcast(w)
    centres = fed.map(centre, at_clients, x)
    widths = fed.map(width, at_clients, p)
    m = fed.mean(centres)
    s = fed.mean(widths)
    m_at_clients, s_at_clients = fed.broadcast((m, s))
    losses = fed.map(loss, m_at_clients, s_at_clients, x, y)
    return fed.mean(losses)
