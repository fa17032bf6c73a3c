"""A loop in a branch hands its variable on."""

# args: dict(w=S(3), z=C(3))
# steps: forward; reverse

import jax.numpy as jnp

import fadc as fed


@fed.computation
def prog(w: fed.Server, z: fed.Clients, deep: bool = True) -> fed.Server:
    ws = []
    for _ in range(2):
        ws.append(w * fed.mean(z))
        w = w * 2.0
    if deep:
        for t in ws:
            w = t
    return jnp.sum(w)
