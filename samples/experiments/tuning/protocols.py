"""What is run unless the command line says otherwise: starts, fixed rates, tuners.

The settings were chosen on seeds 0 to 2; `docs/results.md` says what else was tried.
"""

import numpy as np

from samples.experiments.tuning.tasks import Task
from samples.experiments.tuning.training import Tuner

GRID = tuple(float(f"{rate:.3g}") for rate in 10.0 ** np.arange(-3, 1.25, 0.5))
"""The fixed learning rates: half decades from 1e-3 to 10."""

_SAME = Tuner(hyper_steps=1)
_SAME_5 = Tuner(hyper_steps=5)
_MOMENTS = Tuner(hyper_steps=5, loss_on="both", kappa=2.0, half_life=25.0)

_TUNERS = {
    "fedavg": _SAME,
    "fedavgm": _SAME_5,
    "fedadagrad": _SAME_5,
    "fedadam": _MOMENTS,
    "fedyogi": _MOMENTS,
}


def tuner(task: Task, algorithm: str) -> Tuner:
    """How the rate is tuned; `docs/results.md` says what else was tried, and how it failed."""
    return _SAME_5 if (task.name, algorithm) == ("digits", "fedavg") else _TUNERS[algorithm]


def starts(task: Task, algorithm: str) -> tuple[float, ...]:
    """Where learning rates start: three for the large task, else the grid, up to 1 if adaptive."""
    if task.name == "shakespeare":
        return (0.01, 0.1, 1.0)
    return GRID if algorithm == "fedavg" else tuple(rate for rate in GRID if rate <= 1)
