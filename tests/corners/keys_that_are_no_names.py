"""Keys with blanks, dashes and digits."""

# args: dict(w=S(3), z=C(3))
# wrt: w,z
# steps: forward > reverse; reverse > reverse; reverse recompute > forward; mixed > reverse

import jax.numpy as jnp

import fadc as fed


@fed.computation
def inner(w: fed.Server, z: fed.Clients) -> dict[str, tuple[fed.Server, fed.Clients]]:
    c = fed.map(jnp.multiply, fed.broadcast(w), z)
    return {"x y": (w, c), "class": (w * 2.0, c)}


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> fed.Server:
    both = inner(w, z)
    a, c = both["x y"]
    sums = fed.sum({"1st": c, "a-b": c, "lambda": z})
    return a * sums["1st"] + sums["a-b"] * sums["lambda"]
