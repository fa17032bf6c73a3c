"""Results at the server and at the clients."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def mixed(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> tuple[
    fed.Server[Float[Array, "d"]],
    fed.Clients[Float[Array, "d"]],
    tuple[
        fed.Server[Float[Array, ""]],
        dict[str, fed.Server[Float[Array, ""]]],
        fed.Clients[Float[Array, "d"]],
    ],
]:
    """Scaffold-like: the server's model, the clients' state and a nested tuple."""
    model = fed.broadcast(w)
    g = fed.map(local_gradient, model, x)
    w_next = w - lr * fed.mean(g)
    return w_next, fed.map(jnp.sin, g), (lr**2, {"kept": jnp.sum(w_next)}, x)
