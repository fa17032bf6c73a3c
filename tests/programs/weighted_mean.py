"""The weighted mean, with weights that are active and with counts."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x):
    return {"w": jnp.cos(w * x) * x, "loss": jnp.sum(jnp.sin(w * x))}


def score(theta, x):
    return jnp.exp(theta * jnp.sum(x) * 0.1)


@fed.computation
def weighted(
    w: fed.Server[Float[Array, "d"]],
    theta: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    counts: fed.Clients[Float[Array, ""]],
) -> fed.Server[Float[Array, ""]]:
    """Weights learned by differentiation, then the fixed weights of the counts."""
    weights = fed.map(score, fed.broadcast(theta), x)
    mean = fed.weighted_mean(fed.map(client_gradient, fed.broadcast(w), x), weights)
    w = w - mean["w"]
    values = fed.map(jnp.vdot, fed.broadcast(w), x)
    return fed.weighted_mean(values, counts) + mean["loss"]
