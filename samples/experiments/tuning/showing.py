"""What a run shows: tables in the terminal, and panels of a plot."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from rich.table import Table

from samples.experiments.plots import Line, Panel
from samples.experiments.report import Run, Traffic
from samples.experiments.tuning.outcome import Seed, best_fixed, figures, final


def traffic_table(traffic: dict[str, Traffic]) -> Table:
    """What one client sends and receives: in plain training, and with a hypergradient by mode."""
    table = Table(title="A round, for one client", title_justify="left", box=None)
    table.add_column("")
    for column in ("exchanges", "bytes down", "bytes up"):
        table.add_column(column, justify="right")
    for name, row in {
        "plain training": traffic["plain"],
        "with the hypergradient, mixed mode": traffic["mixed"],
        "the same in reverse mode": traffic["reverse"],
        "the learning rate's alone, forward mode": traffic["forward"],
        "each further hyper-step": traffic["hyper-step"],
    }.items():
        table.add_row(name, str(row.exchanges), f"{row.down:,}", f"{row.up:,}")
    return table


def outcome_table(seeds: Sequence[Seed]) -> Table:
    """The last evaluations, in the mean over the seeds, from every start."""
    table = Table(title="After training, mean over the seeds", title_justify="left", box=None)
    for column in ("rate or start", "fixed: loss", "accuracy", "self-tuned: loss", "accuracy"):
        table.add_column(column, justify="right")
    runs = [*seeds[0].fixed, *seeds[0].tuned]
    for rate in sorted({run.settings["start"] for run in runs}):
        cells = [
            cell
            for kind in ("fixed", "tuned")
            for quantity in ("loss", "accuracy")
            for cell in [_mean_of([getattr(seed, kind) for seed in seeds], rate, quantity)]
        ]
        table.add_row(f"{rate:g}", *cells)
    return table


def summary(seeds: Sequence[Seed]) -> str:
    """The figures that sum up, in words: mean (least to greatest)."""
    found = figures(seeds)
    return (
        f"loss ÷ best fixed: {found['loss ratio']}\n"
        f"the same at equal bytes: {found['loss ratio at equal bytes']}\n"
        f"accuracy - best fixed, in points: {found['accuracy gap']}"
    )


def _mean_of(groups: Sequence[Sequence[Run]], rate: float, quantity: str) -> str:
    values = [
        final(run, quantity) for group in groups for run in group if run.settings["start"] == rate
    ]
    return f"{sum(values) / len(values):.3f}" if values else ""


def panels(name: str, quantity: str, seeds: Sequence[Seed]) -> list[Panel]:
    """The loss against rounds, against bytes, and at the end against the start."""
    by_start: dict[float, list[Run]] = {}
    for seed in seeds:
        for each in seed.tuned:
            by_start.setdefault(each.settings["start"], []).append(each)
    shown = [min(by_start), max(by_start)]
    courses = {f"self-tuned from {start:g}": by_start[start] for start in shown}
    courses["best fixed"] = [best_fixed(seed, quantity) for seed in seeds]
    rounds = {
        label: Line.over(
            group[0].at, [run.series[quantity] for run in group], label == "best fixed"
        )
        for label, group in courses.items()
    }
    sent = {
        label: dataclasses.replace(
            rounds[label], x=[done / 1e6 for done in group[0].series["bytes"]]
        )
        for label, group in courses.items()
    }
    ends = {
        label: Line.over(
            [run.settings["start"] for run in getattr(seeds[0], kind)],
            [[final(run, quantity) for run in getattr(seed, kind)] for seed in seeds],
            kind == "fixed",
        )
        for label, kind in (("self-tuned", "tuned"), ("fixed", "fixed"))
    }
    log = quantity == "loss"
    return [
        Panel(rounds, "rounds", quantity, name, log_y=log),
        Panel(sent, "megabytes, all clients", quantity, log_y=log),
        Panel(ends, "start, or fixed rate", f"{quantity} at the end", log_x=True, log_y=log),
    ]
