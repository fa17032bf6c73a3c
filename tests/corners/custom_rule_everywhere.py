"""A rule of its own in loops, calls, server expressions and auxiliary results."""

# args: dict(w=S(3), z=C(3))
# result: 0
# steps: reverse recompute every=2 > reverse; reverse rebroadcast > forward; forward > reverse; reverse > forward

import jax
import jax.numpy as jnp

import fadc as fed


@jax.custom_jvp
def quantize(v):
    return jnp.round(4.0 * v) / 4.0


@quantize.defjvp
def rule(primals, tangents):
    return jnp.round(4.0 * primals[0]) / 4.0, tangents[0]


def loss(q, z):
    return jnp.sum(jnp.sin(q * z))


@fed.computation
def inner(w: fed.Server, z: fed.Clients) -> tuple[fed.Server, fed.Server]:
    q = fed.map(quantize, fed.broadcast(w))
    return fed.mean(fed.map(loss, q, z)), quantize(w) * w


@fed.computation
def prog(w: fed.Server, z: fed.Clients, n: int = 3) -> tuple[fed.Server, fed.Server, fed.Server]:
    for k in range(n):
        q = fed.map(quantize, fed.broadcast(w))
        s, t = inner(w, z)
        w = quantize(w + s) * fed.mean(fed.map(loss, q, z)) + t
    _, aux = inner(w, z)
    return jnp.sum(w), quantize(w), aux
