"""Self-tuning without an extra exchange, beside self-tuning with one, and training at fixed rates.

    python -m samples.experiments.carried_tuning --task synthetic
    python -m samples.experiments.carried_tuning --task synthetic --algorithm fedadam --seeds 100-104

Every method starts from each rate of a grid, which are the fixed rates, too. `tuning/carried.py` says
how the derivatives travel with plain training's own messages. Results go to a folder, one JSON file
and one plot for a task and an algorithm.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import jax
import jax.numpy as jnp
from rich.console import Console
from rich.table import Table

from samples.experiments.command_line import seeds_given
from samples.experiments.plots import Line, Panel, plot
from samples.experiments.report import Figure, Report, Run, Traffic, progress
from samples.experiments.tuning import carried, training
from samples.experiments.tuning.carried import Carried
from samples.experiments.tuning.optimizers import OPTIMIZERS, Optimizer
from samples.experiments.tuning.outcome import Seed, best_fixed, figures, runs
from samples.experiments.tuning.problem import Problem, problem
from samples.experiments.tuning.protocols import GRID, tuner
from samples.experiments.tuning.tasks import EVERY, TASKS, Task
from samples.experiments.tuning.traffic import by_tuner, exchanges
from samples.experiments.tuning.training import Course, Tuner, fixed_round, tuned_round

Method = None | Tuner | Carried
"""A fixed rate, tuning with extra exchanges, or without."""

Trainer = Callable[[Problem, jax.Array], Course]


@dataclass(frozen=True)
class Comparison:
    """All that was run: by method, its runs of every seed beside those of fixed rates."""

    task: Task
    optimizer: Optimizer
    methods: Mapping[str, Method]
    seeds: Mapping[str, Sequence[Seed]]

    @property
    def figures(self) -> dict[str, Figure]:
        """`outcome.figures` of every method."""
        return {
            f"{name}: {figure}": value
            for name, seeds in self.seeds.items()
            for figure, value in figures(seeds).items()
        }


def methods(task: Task, optimizer: Optimizer) -> dict[str, Method]:
    """What is compared. κ falls for the algorithms with second moments, as in `protocols`."""
    half_life = float("inf") if optimizer.name in ("fedavg", "fedavgm") else 25.0
    extra = tuner(task, optimizer.name)
    return {
        "fixed": None,
        f"{extra.hyper_steps} extra": extra,
        "gradient": Carried("gradient", kappa=1.0, half_life=half_life),
        "tangent": Carried("tangent", kappa=0.5, half_life=half_life),
        "update": Carried("update", kappa=1.0, half_life=half_life),
    }


def compare(
    task: Task,
    optimizer: Optimizer,
    chosen: Mapping[str, Method],
    numbers: Sequence[int],
    starts: Sequence[float] = GRID,
) -> Comparison:
    """Trains by all methods, of which a fixed rate is the first, from all starts at all seeds."""
    trainers = {name: _trainer(optimizer, method) for name, method in chosen.items()}
    seeds: dict[str, list[Seed]] = {name: [] for name in chosen}
    with progress() as bar:
        shown = bar.add_task("trainings", total=len(chosen) * len(numbers))
        for number in numbers:
            drawn = problem(task, number)
            fixed: list[Run] = []
            for name, method in chosen.items():
                course = trainers[name](drawn, jnp.asarray(starts))
                course.loss.block_until_ready()
                a_round, everyone = traffic(drawn, optimizer, method)
                made = runs(task, name, number, starts, course, a_round, everyone, method)
                fixed = fixed or made
                seeds[name].append(Seed(fixed, made))
                bar.advance(shown)
    return Comparison(task, optimizer, chosen, seeds)


def _trainer(optimizer: Optimizer, method: Method) -> Trainer:
    """What trains by a method; it is compiled once for all seeds of one shape."""
    if isinstance(method, Carried):
        return functools.partial(carried.train, optimizer=optimizer, tuner=method)
    run = tuned_round(optimizer, method) if method else fixed_round(optimizer)
    return functools.partial(training.train, optimizer=optimizer, run=run)


def traffic(drawn: Problem, optimizer: Optimizer, method: Method) -> tuple[Traffic, int]:
    """What a round costs one client that takes part in all of it, and in bytes all together."""
    if isinstance(method, Carried):
        a_round = carried.traffic(drawn, optimizer, method)
        return a_round, drawn.task.cohort * a_round.bytes
    return by_tuner(exchanges(drawn, optimizer), drawn.task, method)


def table(comparison: Comparison) -> Table:
    """A line for each method: mean (least to greatest) over seeds and starts."""
    title = f"{comparison.optimizer.name} on {comparison.task.name}"
    shown = Table(title=title, title_justify="left", box=None)
    by_loss = comparison.task.judged == "loss"
    columns = ("loss ÷ best fixed", "at equal bytes") if by_loss else ("points above best fixed",)
    for column in ("", "exchanges", "bytes down", "bytes up", *columns):
        shown.add_column(column, justify="right" if column else "left")
    kinds = ("loss ratio", "loss ratio at equal bytes") if by_loss else ("accuracy gap",)
    found = comparison.figures
    for name, seeds in comparison.seeds.items():
        sent = seeds[0].tuned[0].traffic
        cost = str(sent.exchanges), f"{sent.down:,}", f"{sent.up:,}"
        shown.add_row(name, *cost, *(str(found[f"{name}: {kind}"]) for kind in kinds))
    return shown


def panels(comparison: Comparison) -> list[Panel]:
    """What is judged against rounds, and against megabytes sent by and to all clients."""
    quantity = comparison.task.judged
    against_rounds, against_bytes = {}, {}
    for name, seeds in comparison.seeds.items():
        of_best = name == "fixed"
        shown = [run for seed in seeds for run in seed.tuned]
        if of_best:
            shown = [best_fixed(seed, quantity) for seed in seeds]
        line = Line.over(shown[0].at, [run.series[quantity] for run in shown], of_best)
        megabytes = [sent / 1e6 for sent in shown[0].series["bytes"]]
        label = "best fixed" if of_best else name
        against_rounds[label], against_bytes[label] = line, replace(line, x=megabytes)
    title, log = f"{comparison.optimizer.name} on {comparison.task.name}", quantity == "loss"
    return [
        Panel(against_rounds, "rounds", quantity, title, log_y=log),
        Panel(against_bytes, "megabytes, all clients", quantity, log_y=log),
    ]


def main(words: Sequence[str] | None = None) -> Comparison:
    """Runs the command line; the comparison is returned, too."""
    given = _parsed(words)
    task, optimizer = TASKS[given.task], OPTIMIZERS[given.algorithm]
    if given.reduced:
        task = replace(task, rounds=2 * EVERY, steps=5)
    comparison = compare(task, optimizer, methods(task, optimizer), given.seeds)
    every = [run for seeds in comparison.seeds.values() for seed in seeds for run in seed.tuned]
    settings = {"algorithm": optimizer.name, "rounds": task.rounds, "starts": GRID}
    report = Report("carried", task.name, settings, given.seeds, every, comparison.figures)
    stem = f"{given.out}/{task.name}_{optimizer.name}"
    report.write(Path(f"{stem}.json"))
    plot(Path(f"{stem}.svg"), panels(comparison))
    console = Console(highlight=False, width=120)
    console.print(table(comparison))
    console.print(f"results and plots: {stem}.json, {stem}.svg")
    return comparison


def _parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="carried_tuning", description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=TASKS, default="synthetic")
    parser.add_argument("--algorithm", choices=OPTIMIZERS, default="fedavg")
    parser.add_argument("--seeds", type=seeds_given, default=(0,), help="0,1,2 or 100-104")
    parser.add_argument("--reduced", action="store_true", help="ten short rounds")
    parser.add_argument("--out", default="results/carried", help="the folder of the results")
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
