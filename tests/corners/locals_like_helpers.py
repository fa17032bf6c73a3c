"""Locals are called as derived functions are."""

# args: dict(w=S(3), z=C(3))
# steps: reverse recompute; reverse rebroadcast

import jax.numpy as jnp

import fadc as fed


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> fed.Server:
    v = fed.map(jnp.multiply, fed.broadcast(w), z)
    multiply = jnp.sin(fed.mean(v))
    sin = jnp.sin(fed.sum(fed.map(jnp.sin, fed.broadcast(multiply))))
    multiply_jvp = w * sin
    sin_pullback = fed.broadcast(multiply_jvp)
    multiply_pullback = fed.map(jnp.multiply, sin_pullback, z)
    return jnp.sum(multiply * w) + jnp.sum(fed.mean(multiply_pullback))
