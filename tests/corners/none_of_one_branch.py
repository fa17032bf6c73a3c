"""What may be None is read under another condition than its own."""

# args: dict(w=S(3), x=C(3), y=S(3))
# wrt: w,x,y
# static: {"a": True, "b": False}
# steps: reverse; forward > reverse

from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def prog(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    y: fed.Server[Float[Array, "d"]],
    a: bool = True,
    b: bool = False,
) -> fed.Server[Float[Array, "d"]]:
    m = None
    if a:
        m = y
    k = None
    if b:
        if a:
            w = w + m
        k = m
    if a:
        w = w * m
        if b:
            w = w * k
    ms = []
    for i in range(3):
        n = None
        if i > 1:
            n = w
        if b:
            if i > 1:
                w = w * n
        ms.append(n)
    for i in range(3):
        if a:
            if i > 1:
                w = w + 2.0
    return w
