"""A list of both placements that one arm fills is run over under another condition."""

# args: dict(w=S(3), x=C(3), y=S(3))
# wrt: w,x,y
# static: {"a": True, "b": False}
# steps: reverse; reverse > reverse

import jax.numpy as jnp

import fadc as fed


def local(w, x):
    return jnp.sin(w * x)


@fed.computation
def prog(
    w: fed.Server, x: fed.Clients, y: fed.Server, a: bool = True, b: bool = False
) -> fed.Server:
    if a:
        ts = []
        for i in range(3):
            ts.append((w, x))
            w = fed.mean(x) * w
            x = fed.map(local, fed.broadcast(w), x)
    if b:
        if a:
            for p, q in ts:
                w = w * p + fed.mean(fed.map(local, fed.broadcast(w), q))
    return w
