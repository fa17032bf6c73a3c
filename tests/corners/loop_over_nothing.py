"""A loop whose reverse sweep needs nothing of its iterations."""

# args: dict(w=S(3), z=C(3))
# steps: reverse rebroadcast every=2; mixed rebroadcast every=2; reverse every=2

import jax.numpy as jnp

import fadc as fed


def f(w, x):
    return jnp.sin(w * x)


@fed.computation
def prog(w: fed.Server, z: fed.Clients, n: int = 3) -> fed.Server:
    g = w
    for _ in range(n):
        g = fed.mean(fed.map(f, fed.broadcast(w), z))
    return jnp.sum(g * w)
