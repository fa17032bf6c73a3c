"""Several mechanisms, with transpose_broadcast= naming one."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)
secure_mean = fed.aggregator("secure_mean", like=fed.mean)


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def descend(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, "d"]]:
    """Inherits its caller's mechanism for transposed broadcasts."""
    return w - lr * secure_mean(fed.map(local_gradient, fed.broadcast(w), x))


@fed.computation(transpose_broadcast=secure_sum)
def several(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Gradients are uploaded securely, the loss in the clear."""
    for _ in range(2):
        w = descend(w, lr, x)
    losses = fed.map(jnp.vdot, fed.broadcast(w), x)
    return fed.mean(losses) + lr * secure_mean(losses)
