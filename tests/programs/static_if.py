"""Both branches of a static condition, chained conditions, one-branch names."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def branches(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    use_momentum: bool = True,
    kind: str = "sgd",
) -> fed.Server[Float[Array, ""]]:
    """The static parameters choose the algorithm; w and lr are active in some choices only."""
    if use_momentum:
        momentum = jnp.sin(w) * lr
        scale = 2.0
    else:
        scale = lr
    g = fed.mean(fed.map(local_gradient, fed.broadcast(w), x))
    if kind == "adam":
        step = g / jnp.sqrt(g**2 + 0.1)
    elif kind == "sign":
        step = jnp.tanh(10.0 * g)
    else:
        step = g
    if use_momentum:
        step = step + momentum * scale
    if not use_momentum and kind != "adam":
        step = step * 0.5
    return jnp.sum((w - lr * step) ** 2) * scale
