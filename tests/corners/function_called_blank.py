"""A function of the program is called `_`, as what nobody reads is in emitted code."""

# args: dict(w=S(3), z=C(3))
# steps: forward; reverse; reverse recompute; mixed; reverse > reverse

import jax.numpy as jnp

import fadc as fed


def _(v):
    return jnp.sin(v)


def pair(v):
    return v, v * v


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> fed.Server:
    for k in range(2):
        first, second = fed.map(pair, fed.map(_, fed.broadcast(w)))
        w = w + fed.mean(fed.map(jnp.multiply, second, z))
    return w * jnp.sum(fed.mean(fed.map(_, z)))
