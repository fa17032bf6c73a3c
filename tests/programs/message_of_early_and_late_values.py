"""A message that waits for one of its values keeps what hangs on the others waiting, too."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def early_and_late(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """`v` could be sent at once, but travels with what needs an upload."""
    rate = fed.sum(fed.map(jnp.vdot, x, fed.broadcast(w)))
    v = jnp.tanh(w)
    rate_at_clients, v_at_clients = fed.broadcast((jnp.sin(lr * rate), v))
    early = fed.sum(fed.map(jnp.multiply, v_at_clients, x))
    late = fed.sum(fed.map(jnp.multiply, rate_at_clients, x))
    return jnp.sum(early * late)
