"""A round of FedAvg whose client weights are a function of what the clients see of themselves.

Each client trains and takes four statistics: the logarithm of its number of examples, its loss, the
decrease of its loss, and the length of its update. Its weight is the softmax over the cohort of a
linear score of them, once each statistic has mean 0 and variance 1 over the cohort. The scores'
coefficients `theta` are what is learned: by the derivative of the loss after aggregation, in the
spirit of Ren, Zeng, Yang and Urtasun, Learning to Reweight Examples for Robust Deep Learning, ICML
2018, with clients in place of examples.

The server sees no client. What the standardisation needs is two sums, whose means go down again; and
the softmax is a weighted mean, whose weights never leave the clients but in sums. The round thus has
three exchanges: train, aggregate, judge.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

import fadc as fed
from samples.experiments.models import cross_entropy

STATISTICS = ("log n", "loss", "decrease", "length")

CAP = 20.0
"""Scores stay within ±20: a maximum over clients, which would guard the softmax, is no sum."""


def client_update(params, lr, x, y, count, key, steps, batch, logits):
    """What local steps of SGD change, on batches drawn with replacement."""

    def loss(params, chosen):
        return cross_entropy(logits(params, x[chosen]), y[chosen], jnp.ones(batch))

    def step(local, chosen):
        gradient = jax.grad(loss)(local, chosen)
        return jax.tree.map(lambda p, g: p - lr * g, local, gradient), None

    batches = jax.random.randint(key, (steps, batch), 0, count)
    local, _ = jax.lax.scan(step, params, batches)
    return jax.tree.map(jnp.subtract, params, local)


def client_loss(params, x, y, count, logits):
    """The mean loss of a client's examples, of which the first `count` are real."""
    return cross_entropy(logits(params, x), y, jnp.arange(y.shape[0]) < count)


def client_statistics(params, delta, x, y, count, logits):
    """The statistics of an update, of shape (4,), in the order of `STATISTICS`."""
    local = jax.tree.map(jnp.subtract, params, delta)
    before = client_loss(params, x, y, count, logits)
    after = client_loss(local, x, y, count, logits)
    squares = sum(jnp.sum(part**2) for part in jax.tree.leaves(delta))
    return jnp.stack([jnp.log(count), before, before - after, jnp.sqrt(squares + 1e-12)])


def client_weight(theta, statistics, center, spread, trains):
    """The client's weight, up to the sum over the cohort; zero where it does not train."""
    score = theta @ ((statistics - center) / spread)
    return trains * jnp.exp(CAP * jnp.tanh(score / CAP))


@fed.computation
def learned_round(
    params: fed.Server[PyTree],
    theta: fed.Server[Float[Array, "4"]],
    client_lr: fed.Server[Float[Array, ""]],
    server_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Int[Array, "n"]],
    count: fed.Clients[Int[Array, ""]],
    trains: fed.Clients[Float[Array, ""]],
    x_judged: fed.Clients[Float[Array, "m d"]],
    y_judged: fed.Clients[Int[Array, "m"]],
    count_judged: fed.Clients[Int[Array, ""]],
    judges: fed.Clients[Float[Array, ""]],
    key: fed.Clients[Key[Array, ""]],
    logits: Callable,
    steps: int = 20,
    batch: int = 10,
) -> tuple[fed.Server[Float[Array, ""]], fed.Server[PyTree], fed.Clients[Float[Array, ""]]]:
    """The loss after the round, the model, and the clients' weights.

    `trains` and `judges` are 1 at clients that do and 0 at others.
    """
    params_at_clients, lr_at_clients = fed.broadcast((params, client_lr))
    delta = fed.map(
        client_update,
        params_at_clients,
        lr_at_clients,
        x,
        y,
        count,
        key,
        steps=steps,
        batch=batch,
        logits=logits,
    )
    statistics = fed.map(client_statistics, params_at_clients, delta, x, y, count, logits=logits)
    squares = fed.map(jnp.square, statistics)
    center, mean_square = fed.weighted_mean((statistics, squares), trains)
    spread = jnp.sqrt(jnp.maximum(mean_square - center**2, 0.0) + 1e-6)

    theta_at_clients, center_at_clients, spread_at_clients = fed.broadcast((theta, center, spread))
    weight = fed.map(
        client_weight, theta_at_clients, statistics, center_at_clients, spread_at_clients, trains
    )
    step = fed.weighted_mean(delta, weight)
    params_next = jax.tree.map(lambda p, s: p - server_lr * s, params, step)

    judged = fed.map(
        client_loss, fed.broadcast(params_next), x_judged, y_judged, count_judged, logits=logits
    )
    loss = fed.weighted_mean(judged, judges)
    return loss, params_next, weight


@fed.computation
def plain_round(
    params: fed.Server[PyTree],
    client_lr: fed.Server[Float[Array, ""]],
    server_lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Int[Array, "n"]],
    count: fed.Clients[Int[Array, ""]],
    weight: fed.Clients[Float[Array, ""]],
    key: fed.Clients[Key[Array, ""]],
    logits: Callable,
    steps: int = 20,
    batch: int = 10,
) -> fed.Server[PyTree]:
    """A round of FedAvg (McMahan et al. 2017) with weights that are given: the model after it."""
    params_at_clients, lr_at_clients = fed.broadcast((params, client_lr))
    delta = fed.map(
        client_update,
        params_at_clients,
        lr_at_clients,
        x,
        y,
        count,
        key,
        steps=steps,
        batch=batch,
        logits=logits,
    )
    step = fed.weighted_mean(delta, weight)
    return jax.tree.map(lambda p, s: p - server_lr * s, params, step)
