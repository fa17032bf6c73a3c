"""A message in a dict, whose part a comprehension reads."""

# args: dict(w=S(3), x=C(3))
# wrt: w,x
# steps: forward; reverse

import jax.numpy as jnp

import fadc as fed


@fed.computation
def prog(w: fed.Server, x: fed.Clients) -> fed.Server:
    g = {"a": 2, "b": fed.mean(fed.broadcast(jnp.ones(3)))}
    return fed.sum(x) * w + sum(g["b"] for _ in jnp.ones(3))
