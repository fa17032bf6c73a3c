"""A number that everyone knows is an auxiliary result."""

# args: dict(w=S(3), z=C(3))
# result: 0
# steps: reverse > forward; forward > forward

import jax.numpy as jnp

import fadc as fed


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> tuple[fed.Server, int]:
    x = fed.map(jnp.multiply, fed.broadcast(w), z)
    return jnp.sum(fed.mean(x)), 3
