# A function of the module called `_`, read where a derivative has values that nobody reads.
# args: dict(w=S(), x=C(3))
# steps: forward; reverse; reverse recompute; reverse rebroadcast; mixed
import jax.numpy as jnp

import fadc as fed


def _(v, x):
    return jnp.sin(v) * x, v


@fed.computation
def prog(w: fed.Server, x: fed.Clients) -> fed.Server:
    for _k in range(2):
        kept, lost = fed.map(_, fed.broadcast(w), x)
        w = w + fed.mean(kept)
    first, second = fed.map(_, x, x)
    _one, two = fed.map(_, fed.broadcast(w), x)
    return w * fed.mean(first) + fed.mean(fed.map(lambda v: _(v, v)[0], two))
