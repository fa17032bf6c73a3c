"""One computation called with several activity patterns."""

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
def patterns(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Active in w only, in lr only, in both, in none."""
    start = jnp.ones(3)
    in_lr = one_round(start, x, lr)
    in_w = one_round(w, x, 0.1)
    in_both = one_round(w, x, lr)
    in_none = one_round(start, x, lr=0.1)
    again = one_round(in_w, x, 0.3)
    return jnp.sum(in_lr * in_w) + jnp.sum(jnp.sin(in_both) * in_none + again)
