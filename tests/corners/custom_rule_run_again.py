"""A straight-through estimator, whose rule is not the derivative of what it computes."""

# args: dict(w=S(3), z=C(3))
# steps: reverse recompute > reverse; reverse rebroadcast > reverse recompute; reverse > reverse

import jax
import jax.numpy as jnp

import fadc as fed


@jax.custom_vjp
def quantize(v):
    return jnp.round(4.0 * v) / 4.0


def fwd(v):
    return jnp.round(4.0 * v) / 4.0, None


def bwd(_, bar):
    return (bar,)


quantize.defvjp(fwd, bwd)


def loss(q, z):
    return jnp.sum(jnp.sin(q * z))


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> fed.Server:
    q = fed.map(quantize, fed.broadcast(w))
    return fed.mean(fed.map(loss, q, z))
