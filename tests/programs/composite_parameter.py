"""The differentiated parameter is a composite of mixed placement."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def composite(
    state: tuple[fed.Server[Float[Array, "d"]], fed.Clients[Float[Array, "d"]]],
    rates: dict[str, fed.Server[Float[Array, ""]]],
) -> tuple[fed.Server[Float[Array, "d"]], fed.Clients[Float[Array, "d"]]]:
    """State in, state out."""
    w, control = state
    products = fed.map(jnp.multiply, fed.broadcast(jnp.sin(w)), control)
    w = w - rates["lr"] * fed.mean(products)
    return w, fed.map(jnp.sin, products)
