"""A model of weights and a bias, trained at two rates in front of a head."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def update(model, x, y):
    error = jnp.tanh(x @ model["weights"] + model["bias"] - y)
    return {"weights": x.T @ error, "bias": jnp.sum(error)}


def loss(model, head, p, x, y):
    fit = jnp.mean((x @ model["weights"] + model["bias"] - y) ** 2)
    return fit + jnp.sum(jnp.sin(head) * (p @ model["weights"]))


@fed.computation
def evaluate(
    model: fed.Server,
    rate: fed.Server[Float[Array, ""]],
    decay: fed.Server[Float[Array, ""]],
    head: fed.Server[Float[Array, "k"]],
    p: fed.Clients[Float[Array, "k d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    rounds: int,
) -> fed.Server[Float[Array, ""]]:
    step = rate
    for _ in range(rounds):
        change = fed.map(update, fed.broadcast(model), x, y)
        model = jax.tree.map(lambda m, c, step=step: m - step * c, model, fed.mean(change))
        step = step * decay
    losses = fed.map(loss, fed.broadcast(model), fed.broadcast(head), p, x, y)
    return fed.mean(losses)
