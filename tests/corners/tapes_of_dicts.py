"""Tangents of auxiliary lists of dicts, and rows that a comprehension makes of lists."""

# args: dict(w=S(3), z=C(3))
# result: 0
# steps: forward > forward; forward > reverse; reverse > forward; reverse > reverse; mixed > reverse

import fadc as fed


@fed.computation
def prog(
    w: fed.Server, z: fed.Clients
) -> tuple[fed.Server, list[dict[str, fed.Server]], list[dict[str, tuple[fed.Clients]]]]:
    d = []
    e = []
    for k in range(3):
        d.append({"v": w * k})
        e.append(z)
    rows = [{"a": (z_k,)} for (z_k,) in zip(e, strict=True)]
    for row in rows:
        (z_k,) = row["a"]
        w = w * fed.mean(z_k)
    return w, d, rows
