"""Integer and boolean results beside active ones."""

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

import fadc as fed


def classify(w, x):
    z = jnp.dot(w, x)
    return jnp.sin(z), (z > 0).astype(int), z > 0


@fed.computation
def counts(
    w: fed.Server[Float[Array, "d"]],
    step: fed.Server[Int[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[Int[Array, ""]], fed.Clients[Bool[Array, ""]]]:
    """A loss, a count of clients and a flag of each client."""
    value, positive, flag = fed.map(classify, fed.broadcast(w), x)
    return fed.mean(value) * step, fed.sum(positive) + step, flag
