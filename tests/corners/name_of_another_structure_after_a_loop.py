"""A name holds values of other structures and shapes before a loop than after it, which does not read it."""

# args: dict(z=S(3), w=C(3))
# wrt: z,w
# steps: forward; forward > forward; reverse; reverse > forward; reverse every=2; mixed recompute

import jax
import jax.numpy as jnp

import fadc as fed


def norm(x):
    return jnp.sum(x * x)


@fed.computation
def prog(z: fed.Server, w: fed.Clients) -> fed.Server:
    model = {"delta": z, "n": z * z}
    vector = z
    array = z
    pair = (w, w)
    seen = []
    for _ in range(1, 3):
        seen.append(vector)
        for _ in range(2):
            model = fed.mean(w)
        vector = 3.0
        array = {"norm": jnp.sum(z * z)}
        pair = fed.map(norm, w)
    model, vector, array, pair = fed.sum(
        (fed.broadcast(model), fed.broadcast(vector), fed.broadcast(array), pair)
    )
    return sum(jnp.sum(leaf) for leaf in jax.tree.leaves((model, vector, array, pair))) * jnp.sum(z)
