"""Names that one arm binds are read in loops, and under the same condition inside of others."""

# args: dict(w=S(3), x=C(3), y=S(3))
# wrt: w,x,y
# static: {"a": True, "b": False}
# steps: reverse; reverse recompute; reverse every=1; forward > reverse

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local(w, x):
    return jnp.sin(w * x)


@fed.computation
def prog(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    y: fed.Server[Float[Array, "d"]],
    a: bool = True,
    b: bool = False,
) -> tuple[fed.Server[Float[Array, "d"]], fed.Clients[Float[Array, "d"]]]:
    for i in range(3):
        if i > 0:
            g = fed.mean(x)
            v = fed.map(local, fed.broadcast(w), x)
        if a:
            if i > 0:
                w = w * g
                x = fed.map(local, fed.broadcast(y), v)
        elif b:
            for _ in range(2):
                if i > 0:
                    w = w + g
        if not i > 0:
            pass
        else:
            if b:
                w = w - g
    if b:
        c = y
        d = {"u": y, "t": (y, w)}
    for i in range(2):
        if b:
            w = w + c * d["t"][1]
            if a:
                x = fed.map(local, fed.broadcast(d["u"]), x)
    return w, x
