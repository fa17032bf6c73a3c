"""Lambdas and comprehensions capture server values."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def weigh(params, x):
    return jax.tree.map(lambda p: jnp.tanh(p * x), params)


@fed.computation
def capture(
    w: fed.Server[dict[str, Float[Array, "d"]]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """tree.map with captured values; list, dict and generator comprehensions."""
    g = fed.mean(fed.map(weigh, fed.broadcast(w), x))
    stepped = jax.tree.map(lambda p, q: p - lr * q, w, g)
    scaled = {name: value * lr for name, value in stepped.items()}
    norms = [jnp.sum(value**2) for value in scaled.values() if value.ndim == 1]
    total = sum(jnp.sum(jnp.sin(leaf) * norm) for leaf, norm in zip(jax.tree.leaves(g), norms))
    return total + (lambda scale: lr * scale)(2.0)
