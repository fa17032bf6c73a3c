"""A model and statistics that are dicts, an integer among them."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def statistics(model, x):
    hidden = jnp.tanh(x @ model["weights"] + model["bias"])
    return {"mean": jnp.mean(hidden), "square": hidden[:2] ** 2, "count": jnp.sum(hidden > 0)}


def loss(stats, y):
    return jnp.sum((y[:2] - stats["square"]) ** 2) * stats["mean"] + 0.1 * stats["count"]


@fed.computation
def evaluate(
    model: fed.Server[dict], x: fed.Clients[Float[Array, "n d"]], y: fed.Clients[Float[Array, "n"]]
) -> fed.Server[Float[Array, ""]]:
    stats = fed.map(statistics, fed.broadcast(model), x)
    total = fed.sum(stats)
    losses = fed.map(loss, fed.broadcast(total), y)
    return fed.mean(losses)
