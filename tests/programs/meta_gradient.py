"""A pullback and a pushforward written by the user inside the program."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_loss(w, x):
    return jnp.sum(jnp.sin(w * x) ** 2)


def loss_with_pullback(w, x):
    return jax.vjp(lambda w: client_loss(w, x), w)


@fed.computation
def by_hand(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    """What fadc emits is a program that a user may write, too."""
    losses, pullback = fed.map(loss_with_pullback, fed.broadcast(w), x)
    loss_bar = fed.broadcast(lr / fed.num_clients())
    (w_bar,) = fed.map(fed.pull, pullback, loss_bar)
    w_bar = fed.add(fed.sum(w_bar), fed.zeros_like(w))
    halved = fed.scale(0.5, w_bar)
    y, sine_pullback = jax.vjp(lambda v: jnp.sin(v) * lr, halved)
    (v_bar,) = sine_pullback(y)
    return fed.mean(losses) + jnp.sum(v_bar)
