"""A carried value that stays static, captured by a mapped function."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def schedule(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """The rate decays in Python, known to everyone before the program runs."""
    rate = 0.5
    step = 0
    for _ in range(3):
        step += 1
        w = w - lr * rate * fed.mean(
            fed.map(lambda w, x: jnp.sin(w * x) ** step * rate, fed.broadcast(w), x)
        )
        rate = rate * 0.5
    return jnp.sum(w * rate) * step
