"""Constants beside placed values are parts of texts."""

# args: dict(w=S(3), x=C(3))
# wrt: w,x
# steps: forward; reverse

import fadc as fed


@fed.computation
def prog(w: fed.Server, x: fed.Clients, n: int = 2) -> fed.Server:
    pair = (fed.sum(x), 2.0, {"a": w})
    k = len(f"{pair[1]}")
    named = {"k": 2, "x": x}
    m = len(f"{named['k']:>{n}} {pair[1]:.3f}")
    return pair[0] * k * m + pair[2]["a"]
