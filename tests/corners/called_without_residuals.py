"""A computation that hands nothing to its reverse sweep is called in loops."""

# args: dict(b=S(3), x=C(3))
# wrt: b
# steps: reverse; reverse > reverse; reverse every=1

import fadc as fed


@fed.computation
def same(x: fed.Clients, flag: bool = True) -> fed.Clients:
    return x


@fed.computation
def both(x: fed.Clients) -> dict[str, fed.Clients]:
    return {"loss": x, "out": same(x)}


@fed.computation
def looped(x: fed.Clients) -> fed.Clients:
    for _ in range(2):
        y = both(x)
        x = y["out"]
    return x


@fed.computation
def prog(b: fed.Server, x: fed.Clients, flag: bool = True) -> fed.Server:
    w = fed.broadcast(b)
    ws = []
    for i in range(3):
        w = same(w)
        if flag:
            w = looped(w)
        v = both(w)
        w = v["loss"]
        ws.append(v["out"])
    for i, u in enumerate(ws):
        if i > 1:
            w = same(u)
    return fed.sum(w)
