"""The cotangent of the result is a dict of values at both placements."""

# args: dict(w=S(3), z=C(3))
# steps: forward > reverse; reverse > reverse; reverse recompute > forward; mixed > reverse

import jax.numpy as jnp

import fadc as fed


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> dict[str, tuple[fed.Server, fed.Clients]]:
    c = fed.map(jnp.multiply, fed.broadcast(w), z)
    m = fed.mean(c)
    return {"a": (m, c), "b": (w, c)}
