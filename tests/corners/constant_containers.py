# args: dict(w=S(3), z=C(3))
# steps: forward; reverse; reverse > forward; reverse rebroadcast > reverse; forward > reverse
# result: 0
import jax.numpy as jnp
from jaxtyping import PyTree

import fadc as fed


@fed.computation
def scaled(
    w: fed.Server, pair: tuple[fed.Server, dict[str, fed.Server]]
) -> tuple[fed.Server, tuple[fed.Server, fed.Server]]:
    return w * pair[0] * pair[1]["rate"], (jnp.ones(3), 2)


@fed.computation
def prog(
    w: fed.Server, z: fed.Clients
) -> tuple[fed.Server, fed.Server[PyTree], tuple[fed.Server, dict[str, fed.Server]]]:
    pair = (0.5, {"rate": 1.5 * 2})
    step, (ones, _) = scaled(w, pair)
    out = fed.mean(fed.map(jnp.multiply, fed.broadcast(step * ones), z))
    return jnp.sum(out * out), (), pair
