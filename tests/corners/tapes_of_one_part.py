# steps: reverse; reverse recompute; forward
# args: dict(w=S(3), z=C(3))
# result: 0
"""Lists of tuples and dicts that have one part each."""

import fadc as fed


@fed.computation
def prog(
    w: fed.Server, z: fed.Clients
) -> tuple[fed.Server, list[dict[str, fed.Server]], list[tuple[fed.Clients]]]:
    c = []
    d = []
    for k in range(3):
        c.append((fed.broadcast(w * k),))
        d.append({"v": w * k})
    for _, (m,) in zip(range(3), c):
        w = fed.mean(m) * w
    for e in reversed(d):
        w = e["v"] * w
    for e, (m,) in zip(d, c):
        w = e["v"] * w * fed.mean(m)
    return w * fed.mean(z), d, c
