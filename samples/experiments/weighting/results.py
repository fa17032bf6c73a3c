"""The figures, the table and the plots of learned client weighting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from samples.experiments.plots import Line, Panel, plot
from samples.experiments.report import Figure, Report, Run

WINDOW = 10
"""A run is judged by the mean of as many rounds."""

POINTS = 25
"""Lines of plots have no more points, so that the files stay small."""


def settled(values: jax.Array, number: int) -> float:
    """The mean of the rounds up to a round, by its number from zero."""
    return float(np.mean(values[max(0, number + 1 - WINDOW) : number + 1]))


def traffic_table(name: str, costs: Any) -> str:
    """What a round costs, plain and learned, for each client."""
    rows = [(name, "exchanges", "bytes down", "bytes up")]
    for label, cost in (("plain round", costs.plain), ("learned round", costs.learned)):
        rows.append((label, str(cost.exchanges), f"{cost.down:,}", f"{cost.up:,}"))
    return "\n".join(f"{a:18}{b:>10}{c:>12}{d:>12}" for a, b, c, d in rows)


def figures(runs: Sequence[Run], rounds: int) -> dict[str, Figure]:
    """Each way after as many rounds and as many bytes, and learned weights against it.

    Accuracies are in percent and their differences in points; losses are compared by ratio.
    """
    found: dict[str, Figure] = {}
    for task, of_task in _by(runs, lambda run: run.settings["task"]):
        ways = dict(_by(of_task, lambda run: run.label))
        learned = ways["learned"]
        for label, way in ways.items():
            ends = {"": rounds} if label == "learned" else {"": rounds, " (equal bytes)": None}
            for suffix, end in ends.items():
                key = f"{task}, {label}{suffix}"
                found[f"{key}: accuracy"] = Figure.of(100 * _end(r, "accuracy", end) for r in way)
                found[f"{key}: loss"] = Figure.of(_end(r, "loss", end) for r in way)
                if label != "learned":
                    gains = _pairs(learned, way, "accuracy", rounds, end)
                    ratios = _pairs(learned, way, "loss", rounds, end)
                    found[f"{key}: points gained"] = Figure.of(100 * (a - b) for a, b in gains)
                    found[f"{key}: loss ratio"] = Figure.of(a / b for a, b in ratios)
        if any(run.series["on_noisy"][0] for run in learned):
            on_noisy = (_end(run, "on_noisy", rounds) for run in learned)
            found[f"{task}, learned: weight on noisy clients"] = Figure.of(on_noisy)
    return found


def _by(runs: Sequence[Run], key: Any) -> Iterator[tuple[str, list[Run]]]:
    """The runs by a key, in the order of their first."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    yield from groups.items()


def _end(run: Run, name: str, rounds: int | None) -> float:
    """A quantity after some rounds; None is the run's end."""
    return run.series[name][-1 if rounds is None else list(run.at).index(rounds)]


def _pairs(
    learned: Sequence[Run], way: Sequence[Run], name: str, rounds: int, end: int | None
) -> list[tuple[float, float]]:
    """The learned and the fixed way's quantity, seed by seed."""
    return [
        (_end(one, name, rounds), _end(other, name, end))
        for one, other in zip(learned, way, strict=True)
    ]


def plot_runs(path: Path, report: Report) -> None:
    """The ways over rounds and over bytes and, of noisy clients, their weight."""
    judged = "accuracy" if report.task == "digits" else "loss"
    rounds = report.settings["rounds"]
    panels: list[Panel] = []
    for task, of_task in _by(report.runs, lambda run: run.settings["task"]):
        ways = dict(_by(of_task, lambda run: run.label))
        over_rounds = {name: _line(way, judged, rounds=rounds) for name, way in ways.items()}
        over_bytes = {name: _line(way, judged, by_bytes=True) for name, way in ways.items()}
        panels.append(Panel(over_rounds, "rounds", judged, task))
        panels.append(Panel(over_bytes, "MB sent and received by a client", judged, task))
        if report.settings["noisy"]:
            shares = {name: _line(way, "on_noisy", rounds=rounds) for name, way in ways.items()}
            panels.append(Panel(shares, "rounds", "weight on noisy clients", task))
    plot(path, panels)


def _line(
    way: Sequence[Run], name: str, *, rounds: int | None = None, by_bytes: bool = False
) -> Line:
    kept = [number for number, at in enumerate(way[0].at) if rounds is None or at <= rounds]
    kept = kept[:: -(-len(kept) // POINTS)]
    scale = way[0].traffic.bytes / 1e6 if by_bytes else 1
    x = [way[0].at[number] * scale for number in kept]
    dashed = way[0].label != "learned"
    return Line.over(x, [[run.series[name][number] for number in kept] for run in way], dashed)
