"""Names, lists and None of one arm, in computations that are called with other conditions."""

# args: dict(w=S(3), x=C(3), y=S(3))
# wrt: w,x,y
# static: {"a": True, "b": False}
# steps: reverse; reverse recompute; mixed

from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def inner(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    y: fed.Server[Float[Array, "d"]],
    a: bool = True,
    b: bool = False,
) -> fed.Server[Float[Array, "d"]]:
    if a:
        g = fed.sum(x)
        ys = []
        for _ in range(3):
            ys.append(w)
            w = w * g
        h = y
    m = None
    if b:
        m = y
    if b:
        if a:
            w = w + g + h
            for each in ys:
                w = w * each
    else:
        if not a:
            w = w * y
    if a:
        if b:
            w = w * m + h
    return w


@fed.computation
def prog(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    y: fed.Server[Float[Array, "d"]],
    a: bool = True,
    b: bool = False,
) -> fed.Server[Float[Array, "d"]]:
    return inner(inner(w, x, y, a, b), x, y, b=a, a=b)
