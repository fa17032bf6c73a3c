"""A list of tuples of both placements is filled and read in a branch."""

# args: dict(w=S(3), z=C(3))
# steps: reverse recompute; reverse > reverse recompute; forward > reverse recompute

import jax.numpy as jnp

import fadc as fed


def f(w, z):
    return jnp.sin(w * z)


@fed.computation
def prog(w: fed.Server, z: fed.Clients, deep: bool = True) -> fed.Server:
    c = z
    if deep:
        tape = []
        for _ in range(3):
            a = fed.broadcast(w)
            tape.append((w, a))
            w = fed.mean(fed.map(f, a, z))
        for s, t in reversed(tape):
            c = fed.map(f, c, t)
    return jnp.sum(fed.mean(c))
