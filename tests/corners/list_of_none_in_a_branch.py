"""A list that may hold None is filled in a branch and run over in another."""

# args: dict(w=S(3), x=C(3), y=S(3))
# wrt: w,x,y
# static: {"a": True, "b": False}
# steps: reverse > reverse

import jax.numpy as jnp

import fadc as fed


def local(w, x):
    return jnp.sin(w * x)


@fed.computation
def prog(
    w: fed.Server, x: fed.Clients, y: fed.Server, a: bool = True, b: bool = False
) -> fed.Server:
    if a:
        for i in range(2):
            if i > 0:
                w = w + fed.mean(fed.map(local, fed.broadcast(y), x))
    return w
