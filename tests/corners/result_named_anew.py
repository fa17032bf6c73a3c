# steps: reverse; forward
# args: dict(w=S(3), z=C(3))
# result: total
"""`total` names the first result, though the value of the third one was called that, too."""

import fadc as fed


@fed.computation
def prog(w: fed.Server, z: fed.Clients) -> tuple[fed.Server, fed.Server, fed.Server]:
    total = sent = fed.mean(z)
    first = w * sent
    total = first
    return total, first * w, sent
