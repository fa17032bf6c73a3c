"""The server's learning rate tunes itself by the federated hypergradient, in every round.

    python -m samples.experiments.self_tuning --task synthetic
    python -m samples.experiments.self_tuning --task digits --algorithm fedadam --seeds 100-104

Each seed is trained with every fixed rate of a grid and, from every start, with the rate that tunes
itself. Results go to a folder: `results.json` and plots of the loss against rounds and bytes.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path

import jax.numpy as jnp
from rich.console import Console

from samples.experiments.command_line import multiple_of, seeds_given
from samples.experiments.plots import plot
from samples.experiments.report import Report, Traffic, progress
from samples.experiments.tuning import protocols
from samples.experiments.tuning.optimizers import OPTIMIZERS, Optimizer
from samples.experiments.tuning.outcome import Seed, figures, runs
from samples.experiments.tuning.problem import problem
from samples.experiments.tuning.showing import outcome_table, panels, summary, traffic_table
from samples.experiments.tuning.tasks import EVERY, TASKS, Task
from samples.experiments.tuning.traffic import by_tuner, chosen_mode, exchanges
from samples.experiments.tuning.training import (
    CLIENTS,
    Course,
    Round,
    Tuner,
    fixed_round,
    train,
    tuned_round,
)


@dataclasses.dataclass(frozen=True)
class Setting:
    """What is run for each seed."""

    task: Task
    optimizer: Optimizer
    tuner: Tuner
    starts: tuple[float, ...]
    grid: tuple[float, ...]

    @property
    def rounds(self) -> tuple[Round, Round]:
        """A round with a fixed rate, and one that tunes it."""
        return fixed_round(self.optimizer), tuned_round(self.optimizer, self.tuner)


def main(words: Sequence[str] | None = None) -> Report:
    """Runs the command line; the report is returned, too."""
    given = _parsed(words)
    setting, out = _setting(given), Path(given.out)
    console = Console(highlight=False)
    title = f"{setting.optimizer.name} on {setting.task.name}"
    console.print(title, style="bold")
    console.print(chosen_mode(), soft_wrap=True)
    traffic, seeds = run(setting, given.seeds)
    console.print(traffic_table(traffic))
    console.print(outcome_table(seeds))
    console.print(summary(seeds))
    report = _report(setting, given.seeds, seeds)
    report.write(out / "results.json")
    plot(out / "loss.svg", panels(title, setting.task.judged, seeds))
    console.print(f"results and plots: {out}/results.json, {out}/loss.svg", soft_wrap=True)
    return report


def run(setting: Setting, numbers: Sequence[int]) -> tuple[dict[str, Traffic], list[Seed]]:
    """Trains on every seed; and what a round sends."""
    fixed, tuned = setting.rounds
    seeds = []
    with progress() as bar:
        shown = bar.add_task("trainings", total=2 * len(numbers))
        for number in numbers:
            drawn = problem(setting.task, number)
            traffic = exchanges(drawn, setting.optimizer)
            courses = []
            for rates, a_round in ((setting.grid, fixed), (setting.starts, tuned)):
                courses.append(train(drawn, jnp.asarray(rates), setting.optimizer, a_round))
                courses[-1].loss.block_until_ready()
                bar.advance(shown)
            seeds.append(_seed(setting, number, traffic, *courses))
    return traffic, seeds


def _seed(
    setting: Setting, number: int, traffic: dict[str, Traffic], fixed: Course, tuned: Course
) -> Seed:
    task, tuner = setting.task, setting.tuner
    plain, spent = by_tuner(traffic, task, None), by_tuner(traffic, task, tuner)
    return Seed(
        runs(task, "fixed", number, setting.grid, fixed, *plain),
        runs(task, "self-tuned", number, setting.starts, tuned, *spent, tuner),
    )


def _report(setting: Setting, numbers: Sequence[int], seeds: Sequence[Seed]) -> Report:
    task = dataclasses.asdict(setting.task)
    settings = {name: value for name, value in task.items() if name not in ("data", "model")}
    settings |= {"algorithm": setting.optimizer.name, "starts": setting.starts}
    settings |= {"grid": setting.grid, "tuner": dataclasses.asdict(setting.tuner)}
    everything = [run for seed in seeds for run in (*seed.fixed, *seed.tuned)]
    found = figures(seeds)
    notes = chosen_mode().splitlines()
    return Report("self-tuning", setting.task.name, settings, numbers, everything, found, notes)


def _setting(given: argparse.Namespace) -> Setting:
    task, optimizer = TASKS[given.task], OPTIMIZERS[given.algorithm]
    if given.reduced:
        task = dataclasses.replace(task, rounds=10, steps=5)
    if given.rounds:
        task = dataclasses.replace(task, rounds=given.rounds)
    tuner = protocols.tuner(task, optimizer.name)
    asked = {field.name: getattr(given, field.name) for field in dataclasses.fields(Tuner)}
    tuner = dataclasses.replace(tuner, **{k: v for k, v in asked.items() if v is not None})
    starts = given.starts or protocols.starts(task, optimizer.name)
    return Setting(task, optimizer, tuner, starts, given.grid or protocols.GRID)


def _parsed(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="self_tuning", description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=TASKS, default="synthetic")
    parser.add_argument("--algorithm", choices=OPTIMIZERS, default="fedavg")
    parser.add_argument("--seeds", type=seeds_given, default=(0,), help="0,1,2 or 100-104")
    parser.add_argument("--starts", type=_rates, help="where the tuned rate starts: 0.001,1")
    parser.add_argument("--grid", type=_rates, help="the fixed rates")
    parser.add_argument("--hyper-steps", type=int, help="exchanges that adapt the rate, per round")
    parser.add_argument("--loss-on", choices=CLIENTS, help="whose loss tunes")
    parser.add_argument("--kappa", type=float, help="how far the logarithm of the rate may go")
    parser.add_argument("--half-life", type=float, help="after how many rounds kappa is a half")
    parser.add_argument("--rounds", type=multiple_of(EVERY), help="a multiple of five")
    parser.add_argument("--reduced", action="store_true", help="ten short rounds")
    parser.add_argument("--out", default="results/self_tuning", help="the folder of the results")
    return parser.parse_args(words)


def _rates(text: str) -> tuple[float, ...]:
    return tuple(float(rate) for rate in text.split(","))


if __name__ == "__main__":
    main()
