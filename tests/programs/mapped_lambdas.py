"""Lambdas as mapped functions, with static locals and loop variables."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def lambdas(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
    power: int = 2,
) -> fed.Server[Float[Array, ""]]:
    """What a lambda captures is static: a parameter, a local, a loop variable."""
    shift = 0.25
    total = 0.0
    w_at_clients, lr_at_clients = fed.broadcast((w, lr))
    for t in range(3):
        values = fed.map(
            lambda w, lr, x: jnp.sum(jnp.sin(w * x + shift) ** power) * lr + t * jnp.sum(w),
            w_at_clients,
            lr_at_clients,
            x,
        )
        total = total + fed.mean(values) * (t + 1)
    return total + fed.sum(fed.map(lambda x: jnp.sum(x) * 2, x))
