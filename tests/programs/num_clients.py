"""num_clients() in server expressions."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def counted(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """A mean written as a sum, and a rate that depends on the size of the cohort."""
    products = fed.map(jnp.dot, fed.broadcast(jnp.sin(w)), x)
    mean = fed.sum(products) / fed.num_clients()
    rate = lr / jnp.sqrt(fed.num_clients())
    count = fed.num_clients()
    return jnp.cos(mean) * rate + count * lr**2
