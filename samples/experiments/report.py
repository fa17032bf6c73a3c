"""Results as JSON, and what a run shows while it goes on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

SCHEMA = 1


@dataclass(frozen=True)
class Traffic:
    """What one round of training costs: exchanges, and bytes down to and up from each client."""

    exchanges: int
    down: int
    up: int

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.exchanges + other.exchanges, self.down + other.down, self.up + other.up)

    def __mul__(self, times: int) -> Traffic:
        return Traffic(self.exchanges * times, self.down * times, self.up * times)

    @property
    def bytes(self) -> int:
        """Bytes both ways."""
        return self.down + self.up


@dataclass(frozen=True)
class Run:
    """One training: its seed, what sets it apart from the others, and its course.

    `series` has a list of numbers for every quantity, one a record; `at` has the rounds of the
    records. `traffic` is that of a round.
    """

    label: str
    seed: int
    settings: Mapping[str, Any]
    at: Sequence[int]
    series: Mapping[str, Sequence[float]]
    traffic: Traffic


@dataclass(frozen=True)
class Figure:
    """Mean, least and greatest of a quantity, over seeds and whatever else."""

    mean: float
    min: float
    max: float
    count: int

    @staticmethod
    def of(values: Iterable[float]) -> Figure:
        found = np.asarray(list(values), float)
        return Figure(float(found.mean()), float(found.min()), float(found.max()), found.size)

    def __str__(self) -> str:
        return f"{self.mean:.3f} ({self.min:.3f} to {self.max:.3f})"


@dataclass(frozen=True)
class Report:
    """An experiment: how it was set, its runs, and the figures that sum it up."""

    experiment: str
    task: str
    settings: Mapping[str, Any]
    seeds: Sequence[int]
    runs: Sequence[Run]
    figures: Mapping[str, Figure]
    notes: Sequence[str] = field(default_factory=tuple)

    def write(self, path: Path) -> None:
        """Writes the report as JSON; folders are made as needed. Numbers keep six digits.

        What is no finite number, the loss of a run that diverged, is null.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {"schema": SCHEMA, **_rounded(asdict(self))}
        path.write_text(json.dumps(content, indent=1, allow_nan=False) + "\n", encoding="utf-8")


def _rounded(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(part) for part in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{float(value):.6g}") if np.isfinite(value) else None
    return value.item() if isinstance(value, np.integer) else value


def progress() -> Progress:
    """A progress bar with the number of steps done and the time taken, on standard error."""
    from rich.console import Console

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
