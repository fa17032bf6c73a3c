"""Lists that both arms of a branch fill with constants."""

# args: dict(w=S(3), x=C(3), y=S(3))
# wrt: w,x,y
# static: {"a": True, "b": False}
# steps: forward; reverse; reverse every=1

import jax.numpy as jnp

import fadc as fed


@fed.computation
def prog(
    w: fed.Server, x: fed.Clients, y: fed.Server, a: bool = True, b: bool = False
) -> fed.Server:
    c = []
    d = []
    e = []
    for i in range(1, 3):
        if a:
            c.append(2)
            d.append((2, w))
            e.append(None)
        else:
            c.append(2)
            d.append((w, 3.0))
            e.append(1.0)
        w = w * 2
    for i, k in zip(c, e):
        w = w * i
        z = jnp.bfloat16
    for p, q in d:
        w = w * p * y + q
        if b:
            z = 2
        else:
            z = 2
    m = fed.broadcast(w)
    return w + fed.mean(m) + fed.mean(x)
