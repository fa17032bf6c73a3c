"""The weighted mean through declared aggregators."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def score(theta, x):
    return jnp.exp(theta * jnp.sum(x) * 0.1)


@fed.computation
def weighted(
    w: fed.Server[Float[Array, "d"]],
    theta: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Only secure_sum ever uploads."""
    weights = fed.map(score, fed.broadcast(theta), x)
    products = fed.map(jnp.multiply, fed.broadcast(w), x)
    mean = fed.weighted_mean(products, weights, aggregator=secure_sum)
    return jnp.sum(jnp.sin(mean))
