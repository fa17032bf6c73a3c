# steps: reverse; reverse recompute; reverse rebroadcast; forward; reverse recompute > forward
# wrt: m
# args: dict(m=S(3), z=C(3))
"""Mapped functions that are called as their own parameters are, or as what derived functions bind."""

import jax.numpy as jnp

import fadc as fed


def w(w, x):
    return jnp.sin(w) * x


def pullback(w, x):
    return jnp.tanh(w * x)


def w_dot(w):
    return w * jnp.cos(w)


def out_bar(a, b):
    return a * b


def _(v):
    return jnp.exp(v)


@fed.computation
def prog(m: fed.Server, z: fed.Clients) -> fed.Server:
    a = fed.map(w, fed.broadcast(m), z)
    b = fed.map(pullback, a, z)
    c = fed.map(w_dot, b)
    d = fed.map(out_bar, c, a)
    return fed.mean(fed.map(_, d))
