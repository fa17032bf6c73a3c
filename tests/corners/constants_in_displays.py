"""The tangent of a display has zeros where constants stand."""

# args: dict(total=C(3), w=S(3))
# wrt: total,w
# steps: forward; reverse > forward

import jax.numpy as jnp

import fadc as fed


def local(a, b):
    return {"a": (a * b["p"], 3.0), "b": b}


@fed.computation
def prog(
    total: fed.Clients, w: fed.Server, flag: bool = True
) -> tuple[fed.Clients, fed.Server, fed.Server, dict[str, fed.Clients], fed.Server]:
    a = {"delta": fed.sum(total), "n": jnp.asarray(0.5), "m": None, "k": [0.5, jnp.ones(2)]}
    b = fed.map(local, total, {"p": total, "q": 3.0})
    for i in range(2):
        c = {"w": w, "v": 1.0}
        w = c["w"] * c["v"]
    if flag:
        d = (w, 1.0)
    else:
        d = (2.0, w)
    e = (w, 3.0)
    for i in range(2):
        e = (e[1] * w, 2.0)
    f, g = fed.broadcast((w, 0.5))
    return {"x": total}, a, d, b, {"e": e, "m": fed.mean({"a": f, "b": (g, total)})}
