# A parameter called `_`, read behind what nobody reads.
# args: dict(_=S(3), x=C(3))
# wrt: _
# steps: forward; reverse; reverse rebroadcast; mixed; reverse > forward
import jax.numpy as jnp

import fadc as fed


def both(v, x):
    return jnp.sin(v) * x, v


@fed.computation
def prog(_: fed.Server, x: fed.Clients) -> fed.Server:
    kept, lost = fed.map(both, fed.broadcast(_), x)
    total = fed.mean(kept)
    for k in range(2):
        own, gone = fed.map(both, x, x)
        total = total + fed.mean(own) * _
    return total * _
