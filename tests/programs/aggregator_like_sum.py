"""All uploads go through one declared sum-like aggregator."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def secure(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """The transpose of the broadcast has to be secure_sum too."""
    g = secure_sum(fed.map(local_gradient, fed.broadcast(w), x)) / fed.num_clients()
    losses = fed.map(jnp.vdot, fed.broadcast(w - lr * g), x)
    return secure_sum(losses) * lr
