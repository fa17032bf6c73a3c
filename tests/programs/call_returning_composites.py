"""Callees that return a tuple of mixed placement, a dict, nested ones."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def update(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
) -> tuple[fed.Server[Float[Array, "d"]], fed.Clients[Float[Array, "d"]]]:
    """The next iterate and the clients' own gradients."""
    local = fed.map(local_gradient, fed.broadcast(w), x)
    return w - lr * fed.mean(local), local


@fed.computation
def measure(
    w: fed.Server[Float[Array, "d"]], local: fed.Clients[Float[Array, "d"]]
) -> dict[str, fed.Server[Float[Array, ""]]]:
    """A dict of server values."""
    norms = fed.map(jnp.vdot, local, fed.broadcast(w))
    return {"loss": fed.mean(norms), "size": jnp.sum(w**2), "other": jnp.sum(w)}


@fed.computation
def nest(
    loss: fed.Server[Float[Array, ""]], local: fed.Clients[Float[Array, "d"]]
) -> tuple[
    tuple[fed.Server[Float[Array, ""]], fed.Server[Float[Array, "d"]]],
    fed.Clients[Float[Array, "d"]],
]:
    """A tuple in a tuple."""
    return (jnp.sin(loss), fed.sum(local)), fed.map(jnp.sin, local)


@fed.computation
def composites(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Composites are unpacked before use; parts of them are not used."""
    w_next, local = update(w, x, lr)
    report = measure(w_next, local)
    (first, second), unused = nest(report["loss"], local)
    pair = update(first * w, x, lr)
    w_last, local_last = pair
    return report["loss"] + jnp.sum(second) + jnp.sum(w_last) * report["size"]
