# args: dict(w=S(3), z=C(3))
# steps: forward; reverse; reverse every=2; reverse recompute > forward; reverse rebroadcast; reverse > reverse
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def prog(
    w: fed.Server[Float[Array, "d"]], z: fed.Clients[Float[Array, "d"]], n: int = 5
) -> fed.Server:
    for i in range(n):
        q, r = divmod(i, 2)
        if r == 0:
            w = jnp.sin(w)
        if q == 1:
            w = jnp.cos(w)
    return jnp.sum(fed.mean(fed.map(jnp.multiply, fed.broadcast(w), z)))
