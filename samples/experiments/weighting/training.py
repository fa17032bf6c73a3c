"""Training with learned and with fixed client weights.

All federated work is done by the programs and by the derivatives that fadc emitted of them. What
stands here is the server: Adam moves the coefficients of the weights along the derivative of the
loss after aggregation, once a round. Adam's ε is 0.01, so that where all weights do equally well, and
the derivative is small, they stay as they are; and its second moment forgets fast (b2 = 0.9), since the
derivative falls by a factor of ten or more within the first rounds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from samples.experiments import models
from samples.experiments.data import Examples
from samples.experiments.programs.learned_weighting import STATISTICS, plain_round
from samples.experiments.weighting.settings import Setting


class Arrays(NamedTuple):
    """Examples of clients: `x` (clients, n, …), `y` and `mask` (clients, n), `count` (clients,)."""

    x: jax.Array
    y: jax.Array
    mask: jax.Array
    count: jax.Array

    @staticmethod
    def of(examples: Examples) -> Arrays:
        parts = (examples.x, examples.y, examples.mask, examples.count)
        return Arrays(*map(jnp.asarray, parts))

    def at(self, clients: jax.Array, suffix: str = "") -> dict[str, jax.Array]:
        """What the programs take of some clients, by name."""
        names = ("x", "y", "count")
        return {name + suffix: getattr(self, name)[clients] for name in names}


class Data(NamedTuple):
    """The arrays of a setting: arguments of what is compiled, which would fold constants for long."""

    train: Arrays
    judged: Arrays
    test: Arrays
    trains: jax.Array
    judges: jax.Array
    noisy: jax.Array

    @staticmethod
    def of(setting: Setting) -> Data:
        parts = map(Arrays.of, (setting.train, setting.judged, setting.test))
        return Data(*parts, *map(jnp.asarray, (setting.trains, setting.judges, setting.noisy)))


ValueAndGrad = Callable[..., Any]
"""An emitted `learned_round_value_and_grad`."""


class Course(NamedTuple):
    """How training went, one number a round; `theta` has the coefficients, (rounds, 4).

    `loss` is the mean over the clients of their test losses, `accuracy` that of all test examples,
    `on_noisy` the share of the weight that noisy clients had.
    """

    loss: jax.Array
    accuracy: jax.Array
    on_noisy: jax.Array
    theta: jax.Array


class Draws(NamedTuple):
    """Who takes part, and their keys: (rounds, cohort)."""

    cohort: jax.Array
    key: jax.Array


def learned(setting: Setting, value_and_grad: ValueAndGrad, rounds: int) -> Course:
    """Trains for some rounds while the weights, uniform at first, are learned."""
    outer = optax.adam(setting.outer_rate, b2=0.9, eps=0.01)

    def train(data: Data, draws: Draws) -> Course:
        def run(state: Any, drawn: Draws) -> Any:
            params, theta, outer_state = state
            found = value_and_grad(params, theta, **round_arguments(setting, data, drawn))
            (_, (params, weight)), (theta_bar,) = found
            update, outer_state = outer.update(theta_bar, outer_state)
            course = _course(setting, data, drawn, params, weight, theta)
            return (params, optax.apply_updates(theta, update), outer_state), course

        theta = jnp.zeros(len(STATISTICS))
        return jax.lax.scan(run, (initial(setting), theta, outer.init(theta)), draws)[1]

    return jax.jit(train)(Data.of(setting), draws_of(setting, rounds))


def fixed(setting: Setting, weights: np.ndarray, rounds: int) -> Course:
    """Trains with each row of weights, (ways, clients): a course of (ways, rounds)."""
    theta = jnp.zeros(len(STATISTICS))

    def train(data: Data, draws: Draws, weights: jax.Array) -> Course:
        def run(params: Any, drawn: Draws) -> Any:
            weight = weights[drawn.cohort]
            params = plain_round(params, weight=weight, **plain_arguments(setting, data, drawn))
            return params, _course(setting, data, drawn, params, weight, theta)

        return jax.lax.scan(run, initial(setting), draws)[1]

    ways = jax.jit(jax.vmap(train, in_axes=(None, None, 0)))
    return ways(Data.of(setting), draws_of(setting, rounds), jnp.asarray(weights))


def initial(setting: Setting) -> Any:
    """The model before training."""
    return setting.model.init(jax.random.key(setting.seed))


def draws_of(setting: Setting, rounds: int) -> Draws:
    """The first rounds' draws; a longer training begins as a shorter one does."""
    cohorts = jnp.asarray(setting.cohorts[:rounds])
    keys = jax.vmap(lambda n: jax.random.fold_in(jax.random.key(setting.seed + 1), n))(
        jnp.arange(rounds)
    )
    return Draws(cohorts, jax.vmap(lambda key: jax.random.split(key, cohorts.shape[1]))(keys))


def first_round(setting: Setting) -> tuple[Data, Draws]:
    """The data, and the draws of the first round."""
    return Data.of(setting), jax.tree.map(lambda part: part[0], draws_of(setting, 1))


def plain_arguments(setting: Setting, data: Data, drawn: Draws) -> dict[str, Any]:
    """The arguments of `plain_round` but for the model and the weights."""
    return {
        "client_lr": setting.client_lr,
        "server_lr": setting.server_lr,
        **data.train.at(drawn.cohort),
        "key": drawn.key,
        "logits": setting.model.logits,
        "steps": setting.steps,
        "batch": setting.batch,
    }


def round_arguments(setting: Setting, data: Data, drawn: Draws) -> dict[str, Any]:
    """The arguments of `learned_round` but for the model and `theta`."""
    return {
        **plain_arguments(setting, data, drawn),
        "trains": data.trains[drawn.cohort],
        **data.judged.at(drawn.cohort, "_judged"),
        "judges": data.judges[drawn.cohort],
    }


def _course(
    setting: Setting, data: Data, drawn: Draws, params: Any, weight: jax.Array, theta: jax.Array
) -> Course:
    """How the round went that made this model with these weights of the cohort."""
    on_noisy = jnp.vdot(weight, data.noisy[drawn.cohort]) / jnp.sum(weight)
    logits = jax.vmap(lambda x: setting.model.logits(params, x))(data.test.x)
    losses = jax.vmap(models.cross_entropy)(logits, data.test.y, data.test.mask)
    right = (jnp.argmax(logits, axis=-1) == data.test.y) * data.test.mask
    return Course(jnp.mean(losses), jnp.sum(right) / jnp.sum(data.test.mask), on_noisy, theta)
