# steps: reverse; reverse recompute; forward
# args: dict(w=S(3), z=C(3))
"""A branch fills a list of tuples of one part, which is read under the same condition again."""

import fadc as fed


@fed.computation
def prog(w: fed.Server, z: fed.Clients, flag: bool = True) -> fed.Server:
    if flag:
        c = []
        for k in range(3):
            c.append((w * k,))
    w = w * fed.mean(z)
    if flag:
        for (m,) in c:
            w = m * w
    return w
