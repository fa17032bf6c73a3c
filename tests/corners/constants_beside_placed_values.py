"""Constants are taken out of composites that hold placed values, too."""

# args: dict(w=S(3), x=C(3))
# steps: forward; reverse

import jax.numpy as jnp

import fadc as fed


@fed.computation
def prog(w: fed.Server, x: fed.Clients, n: int = 2) -> fed.Server:
    pair = (x, (0.5, jnp.ones(3))[1], 2.0, {"k": 3.0})
    a, c = fed.mean(fed.broadcast((0.5, pair[1])))
    named = {"x": x, "t": 4.0}
    d = fed.mean(fed.broadcast({"a": named["t"], "b": pair[3]["k"]}))
    e = []
    for i in range(n):
        e.append((pair[2], [named["t"], 1.0]))
        x = fed.map(jnp.multiply, x, fed.broadcast(w))
    for i, (k, (l, m)) in enumerate(e):
        w = w * k * l * m
    f = (pair[2], named["t"])
    for i in range(n):
        f = (f[1], pair[2])
    return c * w * fed.mean(x) * a + d["a"] * d["b"] + f[0]
