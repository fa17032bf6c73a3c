"""Optimizers, schedules and functions of placed values, which are no values themselves."""

# args: dict(w=S(3), lr=S(), z=C(3))
# wrt: w,lr
# steps: forward; reverse every=1 > forward; reverse recompute; mixed rebroadcast

import jax.numpy as jnp
import optax

import fadc as fed


def f(w, z):
    return jnp.sin(w * z)


def make(lr, b):
    return optax.chain(optax.scale(b), optax.sgd(lr))


@fed.computation
def prog(
    w: fed.Server, lr: fed.Server, z: fed.Clients, adam: bool = True, n: int = 2
) -> fed.Server:
    tx = make(lr, 0.5)
    state = tx.init(w)
    init, update = optax.sgd(lr * 2.0, momentum=0.9)
    s2 = init(w)
    schedule = optax.exponential_decay(lr, 2, 0.5)
    if adam:
        opt = optax.adam(lr)
    else:
        opt = optax.sgd(0.1)
    if n > 1:
        other = optax.sgd(lr * 3.0)
    s3 = opt.init(w)
    for k in range(n):
        g = fed.mean(fed.map(f, fed.broadcast(w), z))
        updates, state = tx.update(g, state, w)
        w = optax.apply_updates(w, updates)
        u2, s2 = update(g, s2)
        w = w + u2 * schedule(k)
        u3, s3 = opt.update(g, s3, w)
        inner = lambda v: v * lr
        w = w + inner(u3)
    if n > 1:
        w = w + other.update(w, other.init(w))[0]
    return jnp.sum(w)
