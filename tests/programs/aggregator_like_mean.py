"""All uploads go through one declared mean-like aggregator."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_mean = fed.aggregator("secure_mean", like=fed.mean)


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def secure(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """The transpose of the broadcast is num_clients() * secure_mean(v_bar)."""
    g = secure_mean(fed.map(local_gradient, fed.broadcast(w), x))
    losses = fed.map(jnp.vdot, fed.broadcast(w - lr * g), x)
    return secure_mean(losses) * lr
