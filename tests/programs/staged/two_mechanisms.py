"""Two mechanisms and none named for transposed broadcasts: reverse mode refuses this."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

first_mean = fed.aggregator("first_mean", like=fed.mean)
second_mean = fed.aggregator("second_mean", like=fed.mean)


def sketch(w, p):
    return jnp.sin(p @ w)


def loss(centre, y):
    return jnp.sum((centre - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    p: fed.Clients[Float[Array, "k d"]],
    y: fed.Clients[Float[Array, "k"]],
) -> fed.Server[Float[Array, ""]]:
    sketches = fed.map(sketch, fed.broadcast(w), p)
    centre = first_mean(sketches)
    losses = fed.map(loss, fed.broadcast(centre), y)
    return second_mean(losses)
