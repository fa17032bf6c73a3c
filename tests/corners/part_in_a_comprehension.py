"""A message in a dict, whose part a comprehension reads."""

# args: dict(w=S(3), x=C(3))
# steps: forward; reverse

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc


@fadc.computation
def prog(
    w: fadc.Server[Float[Array, "d"]], x: fadc.Clients[Float[Array, "d"]]
) -> fadc.Server[Float[Array, ""]]:
    w = fadc.broadcast(w)
    g = {"a": 2, "b": fadc.mean(fadc.broadcast(jnp.asarray(0.5)))}
    a = {"delta": fadc.sum(w), "n": sum(g["b"] for v in jnp.ones(3))}
    return jnp.sum(a["delta"])
