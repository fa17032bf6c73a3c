"""A pullback at the server has the name of a derived function."""

# args: dict(w=S(3), z=C(3))
# steps: reverse recompute; forward > reverse recompute

import jax.numpy as jnp

import fadc as fed


def g(w, z):
    return {"delta": jnp.sin(w * z), "n": jnp.sum(z)}


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> fed.Server:
    out = fed.map(g, fed.broadcast(w), z)
    delta = out["delta"]
    delta = jnp.sin(fed.mean(delta))
    return jnp.sum(delta * w)
