# args: dict(w=S(3), z=C(3))
# steps: forward; reverse; reverse > forward; reverse every=2; reverse recompute > reverse; forward > reverse
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def prog(
    w: fed.Server[Float[Array, "d"]], z: fed.Clients[Float[Array, "d"]], n: int = 2
) -> fed.Server:
    pair = (w, {"a": 1.0, "b": (2, jnp.zeros(3))})
    mixed = (0.5, 0.25)
    unread = (1.0, 2.0)
    for i in range(n):
        mixed = (mixed[0] * w, fed.broadcast(w))
        pair = (w * pair[1]["a"], {"a": pair[0], "b": (i, w)})
        unread = (w, w)
    u = fed.map(lambda x, z: x * z, mixed[1], z)
    return jnp.sum(fed.mean(u) * mixed[0] * pair[0] * pair[1]["a"] * pair[1]["b"][1] * unread[1])
