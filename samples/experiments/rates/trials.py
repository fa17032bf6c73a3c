"""A training with given learning rates: on which data, with what loss, and its derivative."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from samples.experiments.data import Examples, digits
from samples.experiments.derivatives import layer_rates
from samples.experiments.models import accuracy, cross_entropy, mlp
from samples.experiments.programs.layer_rates import train

MODEL = mlp(64, 32, 10)

CLIENTS, STEPS, ROUNDS = 10, 5, 8
"""All clients take part in every round, with full-batch steps."""

MOST = 96
"""Of each client's examples no more are used."""


class Rates(NamedTuple):
    """Logarithms: `client` is a dict like the model's, with a scalar for each array."""

    client: dict[str, jax.Array]
    server: jax.Array


class Data(NamedTuple):
    """Arrays of all clients, by the parameter names of `train`; and the pooled test examples."""

    clients: dict[str, jax.Array]
    test: tuple[jax.Array, jax.Array]


def data(seed: int) -> Data:
    """Digits, Dirichlet 0.3; a quarter of a client's training examples judges the rates."""
    task = digits(seed, CLIENTS)
    train_part, judged = task.train.split(0.25)
    x, y = task.evaluation.pooled()
    clients = {**_named(train_part, ""), **_named(judged, "_judged")}
    return Data(clients, (jnp.asarray(x), jnp.asarray(y)))


def _named(examples: Examples, suffix: str) -> dict[str, jax.Array]:
    part = examples.resized(MOST)
    named = {"x": part.x, "y": part.y, "count": part.count}
    return {name + suffix: jnp.asarray(value) for name, value in named.items()}


def rates_of(client: Any, server: Any) -> Rates:
    """One client rate for all arrays."""
    shapes = jax.eval_shape(MODEL.init, jax.random.key(0))
    return Rates({name: jnp.log(client) for name in shapes}, jnp.log(server))


def arguments(params: Any, rates: Rates, given: Data) -> dict[str, Any]:
    """Those of `train`."""
    return {
        "params": params,
        "log_rates": rates.client,
        "log_server_rate": rates.server,
        **given.clients,
        "logits": MODEL.logits,
        "steps": STEPS,
        "rounds": ROUNDS,
    }


@jax.jit
def tried(rates: Rates, given: Data, keys: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Judged loss, and test loss and accuracy after training, means over initial models."""

    def once(key: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        loss, params = train(**arguments(MODEL.init(key), rates, given))
        x, y = given.test
        logits = MODEL.logits(params, x)
        mask = jnp.ones(y.shape)
        return loss, cross_entropy(logits, y, mask), accuracy(logits, y, mask)

    return jax.tree.map(jnp.mean, jax.vmap(once)(keys))


@jax.jit
def derived(rates: Rates, given: Data, key: jax.Array) -> tuple[jax.Array, Rates]:
    """The judged loss after a training, and its derivative for the rates, as fadc emitted it."""
    params = MODEL.init(key)
    (loss, _), bars = layer_rates.train_value_and_grad(**arguments(params, rates, given))
    return loss, Rates(*bars)
