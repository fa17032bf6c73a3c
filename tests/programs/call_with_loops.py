"""A callee with a loop and a tape, called in a loop, two levels deep."""

import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def local_gradient(w, x):
    return jnp.cos(w * x) * x


@fed.computation
def one_round(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    scale: float = 1.0,
) -> fed.Server[Float[Array, "d"]]:
    """One step of gradient descent."""
    return w - lr * scale * fed.mean(fed.map(local_gradient, fed.broadcast(w), x))


@fed.computation
def epoch(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    rounds: int = 2,
) -> tuple[fed.Server[Float[Array, "d"]], list[fed.Server[Float[Array, ""]]]]:
    """Some rounds, and the sum of the parameters after each."""
    curve = []
    for t in range(rounds):
        w = one_round(w, x, lr)
        curve.append(jnp.sum(jnp.sin(w)) * (t + 1))
    return w, curve


@fed.computation
def outer(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """Three levels: outer calls epoch, epoch calls one_round."""
    for _ in range(2):
        w, curve = epoch(w, x, lr, rounds=2)
        w = w + jnp.stack(curve).sum() * 0.1
    w, _ = epoch(w, x, lr, rounds=0)
    return jnp.sum(w)
