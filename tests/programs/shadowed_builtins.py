"""Locals and parameters named as builtins and as modules."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def vjp(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def shadowing(
    input: fed.Server[Float[Array, "d"]],
    float: fed.Server[Float[Array, ""]],
    jax: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """The module does not import jax; a parameter has its name."""
    list = []
    for zip in range(3):
        sum = fed.mean(fed.map(vjp, fed.broadcast(input), jax))
        list.append(jnp.sum(sum))
        input = input - float * sum * (zip + 1)
    reversed = jnp.sin(input)
    enumerate = 0.0
    for len in list:
        enumerate = enumerate + len * float
    tuple = (reversed, enumerate)
    range_, dict = tuple
    map = fed.map(jnp.vdot, fed.broadcast(range_), jax)
    return fed.mean(map) * dict
