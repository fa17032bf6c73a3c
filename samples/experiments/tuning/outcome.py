"""From courses to runs and figures: what self-tuning reached beside the best fixed rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from samples.experiments.report import Figure, Run, Traffic
from samples.experiments.tuning.tasks import EVERY, Task
from samples.experiments.tuning.training import Course, Tuner

FINAL = 2
"""How many of the last evaluations a run is judged by."""


@dataclass(frozen=True)
class Seed:
    """All runs of one seed: of fixed rates and of self-tuned ones."""

    fixed: Sequence[Run]
    tuned: Sequence[Run]

    def ratio(self, run: Run) -> float:
        """The loss of a run ÷ that of the best fixed rate."""
        return final(run, "loss") / self.best_loss

    def ratio_at_equal_bytes(self, run: Run) -> float:
        """The same when the run has sent no more than plain training does in all its rounds."""
        budget = self.fixed[0].series["bytes"][-1]
        records = sum(sent <= budget for sent in run.series["bytes"])
        return final(run, "loss", records) / self.best_loss

    @property
    def best_loss(self) -> float:
        """The loss that the best fixed rate ends with."""
        return min(final(each, "loss") for each in self.fixed)

    def gap(self, run: Run) -> float:
        """The accuracy of a run − that of the best fixed rate, in points."""
        best = max(final(each, "accuracy") for each in self.fixed)
        return 100 * (final(run, "accuracy") - best)


def final(run: Run, quantity: str, records: int | None = None) -> float:
    """The mean of a quantity over the last evaluations; a loss that is no number is infinite.

    Of only the first `records` evaluations, if given.
    """
    value = float(np.mean(run.series[quantity][:records][-FINAL:]))
    return value if np.isfinite(value) else float("inf")


def runs(
    task: Task,
    label: str,
    seed: int,
    starts: Sequence[float],
    course: Course,
    a_round: Traffic,
    sent: int,
    tuner: Tuner | None = None,
) -> list[Run]:
    """One run for each start; `sent` are the bytes of a round, both ways and of all clients."""
    at = list(range(0, task.rounds + 1, EVERY))
    made = []
    for number, start in enumerate(starts):
        series = {
            name: np.asarray(values)[number].tolist() for name, values in course._asdict().items()
        }
        settings: dict[str, Any] = {"start": start, **(asdict(tuner) if tuner else {})}
        everything = {**series, "bytes": [float(sent * done) for done in at]}
        made.append(Run(label, seed, settings, at, everything, a_round))
    return made


def figures(seeds: Sequence[Seed]) -> Mapping[str, Figure]:
    """Ratios of loss and gaps of accuracy over seeds and starts, and for each start alone."""
    pairs = [(seed, run) for seed in seeds for run in seed.tuned]
    found = {
        "loss ratio": Figure.of(seed.ratio(run) for seed, run in pairs),
        "loss ratio at equal bytes": Figure.of(s.ratio_at_equal_bytes(run) for s, run in pairs),
        "accuracy gap": Figure.of(seed.gap(run) for seed, run in pairs),
    }
    for start in dict.fromkeys(run.settings["start"] for _, run in pairs):
        those = [(seed, run) for seed, run in pairs if run.settings["start"] == start]
        found[f"loss ratio from {start:g}"] = Figure.of(seed.ratio(run) for seed, run in those)
        found[f"accuracy gap from {start:g}"] = Figure.of(seed.gap(run) for seed, run in those)
    return found


def best_fixed(seed: Seed, quantity: str) -> Run:
    """The run of the fixed rate that ended best."""
    sign = 1 if quantity == "loss" else -1
    return min(seed.fixed, key=lambda run: sign * final(run, quantity))
