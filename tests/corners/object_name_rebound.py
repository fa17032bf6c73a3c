"""A name of an object is bound to what the object gives: it is no object from then on."""

# args: dict(w=S(3), z=C(3))
# static: dict(flag=True)
# steps: forward > reverse; reverse > reverse; reverse recompute; mixed

import fadc


def scaled_by(v):
    return lambda u: u * v


@fadc.computation
def prog(w: fadc.Server, z: fadc.Clients, flag: bool) -> fadc.Server:
    f = lambda v: v
    f = f(fadc.mean(z)) if flag else fadc.sum(z)
    for _ in range(2):
        g = scaled_by(w)
        w = g(w)
    g = scaled_by(w)
    g = g(w)
    return f * w + g
