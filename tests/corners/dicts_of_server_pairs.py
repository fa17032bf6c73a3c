"""The cotangent of the result is a dict of pairs at one placement, which is one value."""

# args: dict(w=S(3), z=C(3))
# steps: forward > reverse; reverse > reverse; reverse recompute > forward; mixed > reverse

import jax.numpy as jnp

import fadc as fed


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> dict[str, tuple[fed.Server, fed.Server]]:
    m = fed.mean(fed.map(jnp.multiply, fed.broadcast(w), z))
    return {"a": (m, w), "b": (w * m, m)}
