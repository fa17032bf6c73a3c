"""A display binds a parameter's name to a constant."""

# args: dict(x=S(3), total=C(3))
# wrt: total
# steps: forward; reverse; reverse recompute; mixed; reverse > reverse

import fadc as fed


def first(pair):
    value, options = pair
    return value * options["delta"]


@fed.computation
def prog(x: fed.Server, total: fed.Clients) -> fed.Server:
    x, y = ({"delta": 3, "n": 0.5}, x * 2.0)
    scaled = fed.map(first, fed.broadcast((x["n"], x)))
    return fed.mean(total) * y * fed.mean(scaled)
