# steps: reverse; reverse recompute; forward; reverse > forward
# args: dict(w=S(3), z=C(3))
"""Loops of which only the count of `enumerate` is read, and names that are a number or nothing."""

import fadc as fed


@fed.computation
def prog(w: fed.Server, z: fed.Clients, flag: bool = True, n: int = 2) -> fed.Server:
    if flag:
        b = n
    else:
        b = ()
    kept = []
    for a, _ in enumerate(range(2, 4)):
        w = w * 2.0 if a else w * w
        kept.append(w)
    for a, _ in enumerate(kept, 1):
        w = w * a
    for c, d in enumerate(kept):
        w = fed.mean(z)
    for a, b in enumerate(kept):
        w = w * fed.mean(z)
    return w
