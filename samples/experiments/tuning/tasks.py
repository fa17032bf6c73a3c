"""What is trained in the experiments on self-tuning, and how: data, model and settings of FedAvg."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from samples.experiments import models
from samples.experiments.data import Federated, digits, shakespeare, synthetic
from samples.experiments.data.shakespeare import CONTEXT

EVERY = 5
"""After how many rounds a model is evaluated."""


@dataclass(frozen=True)
class Task:
    """A learning problem and its training.

    `data(seed)` draws the data. In each of `rounds` rounds `cohort` clients take `steps` local steps
    of SGD with rate `client_lr` on batches of `batch` examples. The model is evaluated every
    `EVERY` rounds, and judged by `judged`, `loss` or `accuracy`.
    """

    name: str
    data: Callable[[int], Federated]
    model: models.Model
    client_lr: float
    judged: str = "loss"
    cohort: int = 10
    rounds: int = 100
    steps: int = 20
    batch: int = 10


def _synthetic(name: str, spread: float) -> Task:
    data = functools.partial(synthetic, alpha=spread, beta=spread)
    return Task(name, data, models.logistic_regression(60, 10), client_lr=0.02)


SYMBOLS = 81
"""The characters that Shakespeare's speakers use."""

TASKS = {
    task.name: task
    for task in (
        _synthetic("synthetic", 0.0),
        _synthetic("synthetic-0.5", 0.5),
        _synthetic("synthetic-1", 1.0),
        Task("digits", digits, models.mlp(64, 32, 10), client_lr=0.05, judged="accuracy"),
        Task(
            "shakespeare",
            shakespeare,
            models.character_mlp(SYMBOLS, CONTEXT),
            client_lr=0.3,
            rounds=60,
        ),
    )
}
