"""A round of FedOpt, and the clients' loss after the server's step.

Reddi, Charles, Zaheer, Garrett, Rush, Konečný, Kumar and McMahan, Adaptive Federated Optimization,
ICLR 2021, algorithm 1: the mean of the clients' updates is a pseudo-gradient, which an optimizer of
the server makes a direction. With plain SGD it is FedAvg (McMahan et al. 2017, algorithm 1).

`fedopt_round` goes on to the loss at the new model, so that its derivatives for `server_lr` and
`momentum` are the hypergradients (Baydin, Cornish, Martínez Rubio, Schmidt and Wood, Online Learning
Rate Adaptation with Hypergradient Descent, ICLR 2018) of this very round. `shift` is zero: it is
added to the new model, so its derivative is the loss's gradient there, by whose length the
hypergradient is measured.

`loss_after_step` is the second exchange alone: for other rates, or for another cohort.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

import fadc as fed
from samples.experiments.models import cross_entropy


def client_loss(w, x, y, mask, logits):
    """The mean loss of one client's examples: `x` (n, …), `y` and `mask` (n,)."""
    return cross_entropy(logits(w, x), y, mask)


def client_update(w, lr, x, y, batches, logits):
    """What steps of SGD change; `batches` (steps, size) are numbers of examples."""

    def step(local, chosen):
        all_of_them = jnp.ones(chosen.shape)
        gradient = jax.grad(client_loss)(local, x[chosen], y[chosen], all_of_them, logits)
        return jax.tree.map(lambda p, g: p - lr * g, local, gradient), None

    local, _ = jax.lax.scan(step, w, batches)
    return jax.tree.map(jnp.subtract, local, w)


@fed.computation
def mean_update(
    w: fed.Server[PyTree],
    client_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n ..."]],
    y: fed.Clients[Int[Array, "n"]],
    count: fed.Clients[Float[Array, ""]],
    batches: fed.Clients[Int[Array, "steps size"]],
    logits: Callable,
) -> fed.Server[PyTree]:
    """The clients' mean update, weighted by their numbers of examples: plain training's exchange."""
    w_at_clients, lr_at_clients = fed.broadcast((w, client_lr))
    delta = fed.map(client_update, w_at_clients, lr_at_clients, x, y, batches, logits=logits)
    return fed.weighted_mean(delta, count)


@fed.computation
def loss_after_step(
    w: fed.Server[PyTree],
    delta: fed.Server[PyTree],
    state: fed.Server[PyTree],
    server_lr: fed.Server[Float[Array, ""]],
    momentum: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n ..."]],
    y: fed.Clients[Int[Array, "n"]],
    mask: fed.Clients[Float[Array, "n"]],
    count: fed.Clients[Float[Array, ""]],
    logits: Callable,
    optimizer: Callable,
) -> fed.Server[Float[Array, ""]]:
    """The clients' mean loss, weighted as their updates, after a step of the server."""
    direction, _ = optimizer(delta, state, momentum)
    w_next = jax.tree.map(lambda p, d: p + server_lr * d, w, direction)
    losses = fed.map(client_loss, fed.broadcast(w_next), x, y, mask, logits=logits)
    return fed.weighted_mean(losses, count)


@fed.computation
def fedopt_round(
    w: fed.Server[PyTree],
    state: fed.Server[PyTree],
    server_lr: fed.Server[Float[Array, ""]],
    momentum: fed.Server[Float[Array, ""]],
    shift: fed.Server[PyTree],
    client_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n ..."]],
    y: fed.Clients[Int[Array, "n"]],
    mask: fed.Clients[Float[Array, "n"]],
    count: fed.Clients[Float[Array, ""]],
    batches: fed.Clients[Int[Array, "steps size"]],
    logits: Callable,
    optimizer: Callable,
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[PyTree]]:
    """A round of training, then the loss after it; the mean update is returned with it."""
    delta = mean_update(w, client_lr, x, y, count, batches, logits)
    direction, _ = optimizer(delta, state, momentum)
    w_next = jax.tree.map(lambda p, d, e: p + server_lr * d + e, w, direction, shift)
    losses = fed.map(client_loss, fed.broadcast(w_next), x, y, mask, logits=logits)
    loss = fed.weighted_mean(losses, count)
    return loss, delta
