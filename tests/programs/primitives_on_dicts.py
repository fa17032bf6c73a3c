"""Primitives work leaf by leaf on dicts of arrays, nested ones too."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

import fadc as fed


def gradient(params, x):
    hidden = jnp.tanh(x @ params["layer"]["weight"] + params["layer"]["bias"])
    return jax.tree.map(lambda p: p * jnp.sum(hidden), params)


@fed.computation
def dicts(
    w: fed.Server[PyTree], lr: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, "n d"]]
) -> fed.Server[PyTree]:
    """A gradient step on parameters that are a dict of dicts."""
    params = fed.broadcast(w)
    gradients = fed.map(gradient, params, x)
    mean = fed.mean(gradients)
    total = fed.sum(gradients)
    return jax.tree.map(lambda p, g, s: p - lr * g + 0.1 * jnp.sin(s), w, mean, total)
