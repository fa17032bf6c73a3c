# Names in f-strings, which are bound anew, are parts of dicts, and stand for string literals.
# args: dict(w=S(3), x=C(3))
# static: {"k": 1}
# steps: forward; reverse; reverse rebroadcast; reverse recompute every=2; mixed; reverse > forward
import jax.numpy as jnp

import fadc as fed


@fed.computation
def prog(w: fed.Server, x: fed.Clients, k: int, name: str = "b") -> fed.Server:
    parts = {"ab": fed.sum(x), "c}": 1.5, "key": "a"}
    y = w * float(f"{k}") + parts[f"{parts['key']}{name}"] * len(f"{parts['c}']!r:>{k}}{{}}")
    k = k + 1
    y = y * float(f"0.{k:>02}")
    y = fed.mean(fed.map(lambda v, x: jnp.sin(v) * x + len(f"{k}" * k), fed.broadcast(y), x))
    for n in range(k):
        m = n + k
        y = y * float(f"{n}.{m}{k}")
        k = k + 1
    return y * float(f"""0.{k}""")
