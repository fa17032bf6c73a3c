"""The only upload is of no use to the derivative."""

# args: dict(w=S(3), z=C(3))
# steps: forward > reverse

import jax.numpy as jnp

import fadc as fed


def f(w, z):
    return jnp.sin(w * z)


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> fed.Clients:
    dead = fed.mean(z)
    return fed.map(f, fed.broadcast(w), z)
