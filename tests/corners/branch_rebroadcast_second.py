"""A message is sent again that was made in a branch."""

# args: dict(w=S(3), z=C(3))
# wrt: z
# steps: reverse > reverse rebroadcast; reverse recompute > reverse rebroadcast

import jax.numpy as jnp

import fadc as fed


def g(w, x):
    return jnp.cos(w) * x


@fed.computation
def prog(w: fed.Server, z: fed.Clients, deep: bool = True) -> fed.Server:
    b = w
    c = fed.map(g, fed.broadcast(w), z)
    if not deep:
        b = fed.mean(fed.map(g, fed.broadcast(w), c))
    return jnp.sum(b * w)
