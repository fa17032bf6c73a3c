"""A name is at the server and at the clients in turn."""

# args: dict(w=S(3), z=C(3))
# steps: reverse; mixed recompute; reverse every=2

import jax.numpy as jnp

import fadc as fed


def f(w, x):
    return jnp.sin(w * x)


@fed.computation
def prog(w: fed.Server, z: fed.Clients, n: int = 3) -> fed.Server:
    b = fed.broadcast(w)
    for _ in range(n):
        c = jnp.sin(w * w)
        b = fed.broadcast(c)
    c = fed.mean(fed.map(f, fed.broadcast(w), b))
    c = fed.broadcast(c)
    return jnp.sum(fed.mean(c) * w)
