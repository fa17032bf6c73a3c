"""A lambda and a partial over server values."""

# args: dict(w=S(3), lr=S(), z=C(3))
# wrt: w,lr
# steps: forward; reverse; reverse > reverse

import functools

import jax.numpy as jnp

import fadc as fed


def f(w, z):
    return jnp.sin(w * z)


def scaled(a, b):
    return a * b


@fed.computation
def prog(w: fed.Server, lr: fed.Server, z: fed.Clients) -> fed.Server:
    step = lambda v: v * lr
    part = functools.partial(scaled, lr)
    g = fed.mean(fed.map(f, fed.broadcast(w), z))
    w = w - step(g) + part(g)
    return jnp.sum(w)
