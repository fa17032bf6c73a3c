"""What is None before a loop is a client value in it."""

# args: dict(w=S(3), x=C(3))
# wrt: w,x
# static: {"a": True, "b": True}
# steps: reverse; forward; reverse > reverse

import fadc as fed


@fed.computation
def prog(w: fed.Server, x: fed.Clients, a: bool = True, b: bool = False) -> fed.Server:
    v = None
    for i in range(3):
        if b:
            if a:
                v = fed.map(fed.add, v, x)
    if a:
        w = w + fed.mean(fed.map(fed.cast_like, v, x))
    return w
