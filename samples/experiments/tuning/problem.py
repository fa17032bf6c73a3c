"""A task with its data drawn, and who takes part in which round: all that a seed decides."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from samples.experiments.data.federated import Examples
from samples.experiments.models import Model, Params
from samples.experiments.tuning.tasks import Task


class Arrays(NamedTuple):
    """Examples of clients: `x` (clients, n, …), `y`, `mask` (clients, n), `count` (clients,)."""

    x: jax.Array
    y: jax.Array
    mask: jax.Array
    count: jax.Array

    @staticmethod
    def of(examples: Examples) -> Arrays:
        parts = (examples.x, examples.y, examples.mask, examples.count.astype(np.float32))
        return Arrays(*map(jnp.asarray, parts))

    def at(self, clients: jax.Array) -> Arrays:
        """Those of some clients."""
        return Arrays(*(part[clients] for part in self))


class Draws(NamedTuple):
    """What is drawn for every round; the leading axis is that of rounds.

    `cohort` and `others` (rounds, c) are clients, disjoint; `batches` (rounds, c, steps, size) are
    numbers of examples of the cohort's clients.
    """

    number: jax.Array
    cohort: jax.Array
    others: jax.Array
    batches: jax.Array


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["w", "train", "evaluation", "draws"],
    meta_fields=["task"],
)
@dataclass(frozen=True, eq=False)
class Problem:
    """A task at one seed: where training starts, on what, and what it is judged by.

    `evaluation` has the pooled examples that were held out: inputs, labels and a mask of ones. A
    problem is a pytree, so that its arrays are arguments of compiled functions, not constants.
    """

    task: Task
    w: Params
    train: Arrays
    evaluation: tuple[Any, Any, Any]
    draws: Draws

    @property
    def model(self) -> Model:
        return self.task.model


def problem(task: Task, seed: int) -> Problem:
    """The task at a seed."""
    data = task.data(seed)
    x, y = data.evaluation.pooled()
    evaluation = (jnp.asarray(x), jnp.asarray(y), jnp.ones(len(y)))
    w = task.model.init(jax.random.key(seed))
    random = np.random.default_rng([seed, 1])
    return Problem(
        task, w, Arrays.of(data.train), evaluation, _draws(task, data.train.count, random)
    )


def _draws(task: Task, count: np.ndarray, random: np.random.Generator) -> Draws:
    """Uniform cohorts without replacement, uniform batches with replacement."""
    chosen = np.stack([random.permutation(len(count)) for _ in range(task.rounds)])
    cohort, others = chosen[:, : task.cohort], chosen[:, task.cohort : 2 * task.cohort]
    uniform = random.uniform(size=(task.rounds, task.cohort, task.steps, task.batch))
    batches = (uniform * count[cohort][..., None, None]).astype(np.int32)
    numbers = np.arange(task.rounds)
    return Draws(*map(jnp.asarray, (numbers, cohort, others, batches)))
