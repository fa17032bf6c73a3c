"""A name is bound in one arm, and in one arm inside a loop that runs again."""

# args: dict(w=S(3), x=C(3), y=S(3))
# wrt: w,x,y
# static: {"a": True, "b": True}
# steps: reverse every=1

import jax.numpy as jnp

import fadc as fed


def local(w, x):
    return jnp.sin(w * x)


@fed.computation
def prog(
    w: fed.Server, x: fed.Clients, y: fed.Server, a: bool = True, b: bool = False
) -> fed.Server:
    if b:
        for i in range(3):
            if i > 0:
                v = fed.map(local, fed.broadcast(w), x)
            if a:
                if i > 0:
                    w = w + fed.mean(fed.map(local, fed.broadcast(y), v))
    if not b:
        if a:
            v = fed.map(local, fed.broadcast(w), x)
            h = y * w
        for i in range(2):
            if i > 0:
                if a:
                    w = w * h + fed.mean(fed.map(local, fed.broadcast(y), v))
        if a:
            w = w * h
    return w
