"""A function of the server closes over a display of messages, which it reads more than once."""

# args: dict(w=C(3), h=S(3))
# wrt: h
# result: h
# steps: reverse; forward; forward > reverse

import fadc as fed


@fed.computation
def prog(w: fed.Clients, h: fed.Server) -> tuple[fed.Server, fed.Server]:
    g = {"a": fed.mean(w) + fed.sum(w)}
    pair = (fed.sum(w), fed.mean(w))
    next = lambda v: v * g["a"] + 0.5
    total = next(g["a"]) + sum(pair) * max(len(pair), len(pair))
    return total, h
