"""An empty container among the results."""

# args: dict(w=S(3), z=C(3))
# steps: forward > reverse; forward > forward

import jax.numpy as jnp

import fadc as fed


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> tuple[fed.Server, fed.Server]:
    x = fed.map(jnp.multiply, fed.broadcast(w), z)
    return jnp.sum(fed.mean(x)), ()
