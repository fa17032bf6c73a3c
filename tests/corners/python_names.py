"""The module has names of Python's own for something else."""

# args: dict(w=S(3), z=C(3))
# steps: forward; reverse every=2; reverse recompute > forward; mixed

import builtins

import jax.numpy as jnp

from fadc import Clients, Server, broadcast, computation, map, mean

min = 2.0
zip = "no"
list = 1.0
range_of = range
reversed = None
enumerate = 3
tuple = 1.0
object = 1.0
dict = 2
len = 3


def f(w, z):
    return jnp.sin(w * z)


@computation
def inner(w: Server, z: Clients) -> builtins.tuple[Server, Clients]:
    c = map(f, broadcast(w), z)
    return w + mean(c), c


@computation
def prog(w: Server, z: Clients, n: int = 3) -> Server:
    for _ in range(n):
        w = mean(map(f, broadcast(w), z)) * min
    tape = []
    for i in range(n):
        w, c = inner(w, z)
        tape.append((w, c))
        w = mean(map(f, broadcast(w), c)) * min
    for s, c in builtins.reversed(tape):
        w = w * jnp.sum(s) + mean(c)
    return jnp.sum(w)
