"""Tuple, list and dict displays at the clients."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def scaled(batch, w):
    return jnp.tanh(batch["x"] @ w) * batch["y"]


def squared_difference(pair):
    left, right = pair
    return jnp.sum((left - right) ** 2)


@fed.computation
def displays(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, ""]]:
    """A batch as a dict, a pair as a tuple, both also taken apart again."""
    batch = {"x": x, "y": y}
    model = fed.broadcast(w * lr)
    prediction = fed.map(scaled, batch, model)
    pair = (prediction, batch["y"])
    again, target = pair
    both = [again, target]
    first, second = both
    errors = fed.map(squared_difference, (first, second))
    return fed.mean(errors) + fed.mean(fed.map(squared_difference, pair))
