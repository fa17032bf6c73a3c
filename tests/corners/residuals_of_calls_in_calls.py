"""A reverse sweep hands on the residuals of one that it calls, in a tuple and in a list."""

# args: dict(w=S(2), x=C(2))
# static: {"count": 2}
# steps: forward > reverse; reverse > reverse; reverse recompute > forward; mixed > reverse

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def step(w, x):
    return w * jnp.sin(x)


def loss(w, x):
    return jnp.sum((w - x) ** 2)


@fed.computation
def level(w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]) -> fed.Server:
    return jnp.tanh(w) - 0.1 * fed.mean(fed.map(step, fed.broadcast(w), x))


@fed.computation
def twice(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> dict[str, tuple[fed.Server, fed.Clients]]:
    w = level(w, x)
    w = level(w, x)
    sent = fed.broadcast(w)
    return {"pair": (w, fed.map(step, sent, x))}


@fed.computation
def rounds(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]], count: int
) -> tuple[fed.Server, list[fed.Server]]:
    models = []
    for _ in range(count):
        found = twice(w, x)
        w, moved = found["pair"]
        w = w + fed.mean(moved)
        models.append(w)
    return w, models


@fed.computation
def prog(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]], count: int = 2
) -> fed.Server[Float[Array, ""]]:
    w, _ = rounds(w, x, count)
    w, models = rounds(w, x, count)
    for model in models:
        w = w + 0.5 * model
    return fed.mean(fed.map(loss, fed.broadcast(w), x))
