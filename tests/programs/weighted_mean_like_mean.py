"""The weighted mean through a declared mean-like aggregator."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_mean = fed.aggregator("secure_mean", like=fed.mean)


@fed.computation
def weighted(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    weights: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    """Differentiated with respect to the weights as well."""
    products = fed.map(jnp.multiply, fed.broadcast(w), x)
    mean = fed.weighted_mean(products, weights, aggregator=secure_mean)
    return jnp.sum(jnp.sin(mean))
