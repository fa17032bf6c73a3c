"""Everything goes up through a declared mechanism, the Jacobians too."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed

secure_sum = fed.aggregator("secure_sum", like=fed.sum)


def sketch(w, p):
    return jnp.sin(p @ w)


def loss(centre, y):
    return jnp.sum((centre - y) ** 2)


@fed.computation
def evaluate(
    w: fed.Server[Float[Array, "d"]],
    p: fed.Clients[Float[Array, "k d"]],
    y: fed.Clients[Float[Array, "k"]],
) -> fed.Server[Float[Array, ""]]:
    sketches = fed.map(sketch, fed.broadcast(w), p)
    centre = secure_sum(sketches) / fed.num_clients()
    losses = fed.map(loss, fed.broadcast(centre), y)
    return secure_sum(losses)
