"""A name that one branch binds is carried round a loop under the same condition."""

# args: dict(w=S(3), z=C(3))
# steps: forward; reverse; reverse recompute every=1 > reverse

import jax.numpy as jnp

import fadc as fed


def f(w, z):
    return jnp.sin(w * z)


@fed.computation
def prog(w: fed.Server, z: fed.Clients, flag: bool = True) -> fed.Server:
    if flag:
        direction = fed.mean(fed.map(f, fed.broadcast(w), z))
    w = w * 2.0
    if flag:
        for _ in range(2):
            direction = fed.mean(fed.map(f, fed.broadcast(direction), z))
    if flag:
        w = w + direction
    return jnp.sum(w)
