# A name of a composite inside an upload, and beside it, in one expression.
# args: dict(w=S(3), x=C(3))
# steps: reverse; forward; mixed
import fadc as fed


@fed.computation
def prog(w: fed.Server, x: fed.Clients) -> fed.Server:
    pair = (fed.mean(fed.broadcast(w)), fed.sum(x))
    return fed.mean(fed.broadcast(pair[0])) * pair[0] + pair[1] * fed.sum(
        fed.broadcast(pair[1] + w)
    )
