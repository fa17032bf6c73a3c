"""A `TypedDict` is a parameter and a result."""

# args: dict(w=S(3), z=C(3))
# steps: forward > reverse; reverse > reverse; reverse recompute > forward; mixed > reverse

from typing import TypedDict

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


class Loss(TypedDict):
    loss: fed.Server[Float[Array, "d"]]


class Metrics(Loss):
    each: fed.Clients
    both: tuple[fed.Server, fed.Clients]


@fed.computation
def inner(m: Metrics) -> Metrics:
    c = fed.map(jnp.multiply, fed.broadcast(m["loss"]), m["each"])
    a, b = m["both"]
    return {"each": c, "loss": a * m["loss"], "both": (a, b)}


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> Metrics:
    c = fed.map(jnp.multiply, fed.broadcast(w), z)
    m = inner({"loss": w, "each": c, "both": (w * 2.0, z)})
    return {"loss": fed.mean(m["each"]), "both": m["both"], "each": c}
