"""The tasks of learned client weighting: who trains, who judges, whose labels are wrong.

Every client has examples to train on, examples that judge the aggregated model, and examples for the
figures, which no training sees. The cohorts of all rounds are drawn beforehand, so that all ways to
weight see the same clients.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from samples.experiments.data import Examples, digits, synthetic
from samples.experiments.models import Model, logistic_regression, mlp

TRAINERS, JUDGES = 40, 10
"""Clients that train and clean clients that judge, on digits."""

SPREADS = (0.0, 0.5, 1.0)
"""Synthetic(α, β) is used with α = β of these."""


@dataclass(frozen=True, eq=False)
class Setting:
    """A task at one seed: arrays over all clients, and who takes part in which round.

    `trains`, `judges` and `noisy` have shape (clients,), 1 or 0; `cohorts` (rounds, cohort) holds
    numbers of clients. `outer_rate` is Adam's for the coefficients of the weights. `whole` has what
    a client could train on if nothing had to judge.
    """

    name: str
    seed: int
    model: Model
    train: Examples
    whole: Examples
    judged: Examples
    test: Examples
    trains: np.ndarray
    judges: np.ndarray
    noisy: np.ndarray
    cohorts: np.ndarray
    client_lr: float
    outer_rate: float
    server_lr: float = 1.0
    steps: int = 20
    batch: int = 10


Draw = Callable[[int, float, int], Setting]
"""A seed, the share of noisy clients and a number of rounds give a setting."""


def digits_setting(seed: int, noisy: float, rounds: int) -> Setting:
    """Digits; a share of the training clients has all labels shifted by an offset of its own.

    The judges are clean, and their training examples judge. All clients' evaluation examples are
    the test. Every cohort has 20 of the 40 training clients and all judges.
    """
    task = digits(seed, clients=TRAINERS + JUDGES)
    random = np.random.default_rng([seed, 1])
    shifted = np.zeros(task.clients, np.float32)
    shifted[random.choice(TRAINERS, round(noisy * TRAINERS), replace=False)] = 1
    offsets = (shifted * random.integers(1, task.classes, task.clients)).astype(np.int32)
    labels = (task.train.y + offsets[:, None]) % task.classes
    trains = (np.arange(task.clients) < TRAINERS).astype(np.float32)
    judges = np.arange(TRAINERS, task.clients)
    cohorts = [[*random.choice(TRAINERS, 20, replace=False), *judges] for _ in range(rounds)]
    train = Examples(task.train.x, labels, task.train.count)
    return Setting(
        "digits",
        seed,
        mlp(64, 32, task.classes),
        train,
        whole=train,
        judged=task.train,
        test=task.evaluation,
        trains=trains,
        judges=1 - trains,
        noisy=shifted,
        cohorts=np.array(cohorts),
        client_lr=0.05,
        outer_rate=0.3,
    )


def synthetic_setting(spread: float) -> Draw:
    """Synthetic(spread, spread): each of 10 of 30 clients trains, and judges on a fifth of its own.

    Clients differ in their models, inputs and sizes, and nothing else is wrong with them: for another
    share of noisy clients than zero a ValueError is raised.
    """

    def draw(seed: int, noisy: float, rounds: int) -> Setting:
        if noisy:
            raise ValueError("the clients of synthetic tasks are not noisy: use --noisy 0")
        task = synthetic(seed, spread, spread)
        random = np.random.default_rng([seed, 1])
        train, judged = task.train.split(0.2)
        cohorts = [random.choice(task.clients, 10, replace=False) for _ in range(rounds)]
        ones, zeros = np.ones(task.clients, np.float32), np.zeros(task.clients, np.float32)
        return Setting(
            task.name,
            seed,
            logistic_regression(60, task.classes),
            train,
            whole=task.train,
            judged=judged,
            test=task.evaluation,
            trains=ones,
            judges=ones,
            noisy=zeros,
            cohorts=np.array(cohorts),
            client_lr=0.02,
            outer_rate=0.1,
        )

    return draw


TASKS: dict[str, tuple[Draw, ...]] = {
    "digits": (digits_setting,),
    "synthetic": tuple(map(synthetic_setting, SPREADS)),
}
"""What `--task` names."""

FIXED: dict[str, Callable[[Setting], np.ndarray]] = {
    "uniform": lambda setting: setting.trains,
    "by count": lambda setting: setting.trains * setting.train.count,
    "oracle": lambda setting: setting.trains * (1 - setting.noisy),
    "oracle by count": lambda setting: setting.trains * (1 - setting.noisy) * setting.train.count,
    "judges only": lambda setting: setting.judges * (1 - setting.trains),
}
"""The weights that learned ones are held against, of all clients, shape (clients,).

The oracles know the noisy clients. "judges only" trains on the clean clients that otherwise judge.
"""


def fixed_weights(setting: Setting) -> dict[str, np.ndarray]:
    """Those that differ from the ones before them, and have clients."""
    found: dict[str, np.ndarray] = {}
    for name, weights in FIXED.items():
        made = weights(setting).astype(np.float32)
        if made.any() and not any(np.array_equal(made, other) for other in found.values()):
            found[name] = made
    return found
