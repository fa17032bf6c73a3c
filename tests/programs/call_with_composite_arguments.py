"""Composites as arguments of a computation."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def step(
    state: tuple[fed.Server[Float[Array, "d"]], fed.Clients[Float[Array, "d"]]],
    rates: dict[str, fed.Server[Float[Array, ""]]],
    x: fed.Clients[Float[Array, "d"]],
) -> tuple[fed.Server[Float[Array, "d"]], fed.Clients[Float[Array, "d"]]]:
    """Server parameters and client control variates, in one value."""
    w, control = state
    g = fed.map(local_gradient, fed.broadcast(w * rates["scale"]), x)
    moved = fed.map(jnp.subtract, g, control)
    return w - rates["lr"] * fed.mean(moved), fed.map(jnp.sin, moved)


@fed.computation
def compose(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """A mixed tuple and a dict of server values are passed, built in place."""
    control = fed.map(jnp.sin, x)
    w, control = step((w, control), {"lr": lr, "scale": jnp.sum(w)}, x)
    w, control = step((w, control), {"lr": lr * 0.5, "scale": 2.0 * lr}, x)
    return jnp.sum(w) + jnp.sum(fed.mean(control))
