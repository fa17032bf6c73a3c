"""A loop inside a checkpointed one reads what one arm has bound."""

# args: dict(w=S(3), x=C(3), y=S(3))
# wrt: w,x
# static: {"a": True, "b": False}
# steps: reverse every=1

import jax.numpy as jnp

import fadc as fed


def local(w, x):
    return jnp.sin(w * x)


@fed.computation
def prog(
    w: fed.Server, x: fed.Clients, y: fed.Server, a: bool = True, b: bool = False
) -> fed.Server:
    for i in range(3):
        if i > 0:
            g = fed.mean(x) * w
        if a:
            w = w * 2
        for _ in range(2):
            if i > 0:
                w = w * g
    return w
