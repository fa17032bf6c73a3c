"""A `TypedDict` whose keys are no names, inside a dict."""

# args: dict(w=S(3), z=C(3))
# wrt: w,z
# steps: forward > reverse; reverse > reverse; reverse recompute > forward; mixed > reverse

import typing

import jax.numpy as jnp

import fadc as fed

Out = typing.TypedDict("Out", {"a b": "fed.Server", "class": fed.Clients})
Many = dict[str, tuple[fed.Server, Out]]


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> Many:
    c = fed.map(jnp.multiply, fed.broadcast(w), z)
    m = fed.mean(c)
    return {"x": (m, {"class": c, "a b": w})}
