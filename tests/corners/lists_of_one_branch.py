# args: dict(w=S(3), z=C(3))
# steps: forward; reverse; reverse > forward; reverse recompute; reverse rebroadcast
import jax.numpy as jnp

import fadc as fed


@fed.computation
def prog(w: fed.Server, z: fed.Clients, flag: bool = True) -> fed.Server:
    if flag:
        steps = []
    scale = fed.mean(z)
    if flag:
        for _ in range(2):
            w = w * scale
            steps.append(w)
    out = w
    if flag:
        for step in steps:
            out = out * step
    return jnp.sum(out)
