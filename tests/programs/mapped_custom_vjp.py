"""Local functions with custom derivative rules keep them."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@jax.custom_vjp
def clipped_gradient(v):
    return v**2


def clipped_gradient_fwd(v):
    return v**2, v


def clipped_gradient_bwd(v, v_bar):
    return (jnp.tanh(2.0 * v) * v_bar,)


clipped_gradient.defvjp(clipped_gradient_fwd, clipped_gradient_bwd)


def client_loss(w, x):
    return jnp.sum(clipped_gradient(w * x))


@fed.computation
def custom_vjp_round(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, ""]]:
    """The rule differs from the true derivative, so that a lost rule shows."""
    losses = fed.map(client_loss, fed.broadcast(w), x)
    direct = fed.map(clipped_gradient, fed.broadcast(jnp.sum(w)))
    return fed.mean(losses) + fed.mean(direct) + jnp.sum(clipped_gradient(w))
