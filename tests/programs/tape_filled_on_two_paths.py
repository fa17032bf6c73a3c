"""A tape that is filled in either branch of a static condition."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def branch_tape(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    adaptive: bool = True,
) -> fed.Server[Float[Array, ""]]:
    """Each path has exactly one loop that fills the tape, or both branches append in one."""
    curve = []
    if adaptive:
        for t in range(2):
            w = w - lr / (t + 1) * fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
            curve.append(jnp.sum(w))
    else:
        for t in range(3):
            if t == 0:
                curve.append(lr * 2.0)
            else:
                curve.append(jnp.sum(w) * t)
            w = jnp.sin(w)
    return jnp.prod(jnp.stack(curve)) + jnp.sum(w)
