"""custom_jvp and checkpoint in local functions."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@jax.custom_jvp
def leaky(v):
    return jnp.sin(v)


@leaky.defjvp
def leaky_jvp(primals, tangents):
    (v,), (v_dot,) = primals, tangents
    return jnp.sin(v), 0.5 * jnp.cos(v) * v_dot


@jax.checkpoint
def client_loss(w, x):
    return jnp.sum(leaky(leaky(w) * x))


@fed.computation
def custom_jvp_round(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, ""]]:
    """The rule differs from the true derivative, so that a lost rule shows."""
    return fed.mean(fed.map(client_loss, fed.broadcast(leaky(w)), x))
