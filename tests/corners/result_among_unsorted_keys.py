# One key of a dict is differentiated; the others are auxiliary, and not in the order of the alphabet.
# args: dict(w=S(3), x=C(3))
# result: loss
# steps: forward; reverse; mixed; reverse > forward
import fadc as fed


@fed.computation
def prog(w: fed.Server, x: fed.Clients) -> dict[str, fed.Server]:
    out = w * fed.mean(x)
    return {"loss": out * w, "out": out, "delta": w}
