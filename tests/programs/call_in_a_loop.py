"""A call in a loop, its result carried and taped."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def one_round(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    scale: float = 1.0,
) -> fed.Server[Float[Array, "d"]]:
    """One step of gradient descent."""
    return w - lr * scale * fed.mean(fed.map(local_gradient, fed.broadcast(w), x))


@fed.computation
def call_loop(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """The loop variable goes to the callee as a static argument."""
    iterates = []
    for t in range(2):
        w = one_round(w, x, lr=lr, scale=t + 0.5)
        iterates.append(w)
    for w_t in reversed(iterates):
        w = w + one_round(jnp.sin(w_t), x, lr)
    return jnp.sum(w)
