"""Client weights learned through the aggregation, against weights that are fixed.

    python -m samples.experiments.learned_weighting --task digits --noisy 0.4 --seeds 0-2
    python -m samples.experiments.learned_weighting --task synthetic --noisy 0 --seeds 0-2

The weights are a function of what clients see of themselves (`programs/learned_weighting.py`), trained
by the derivative of the loss after aggregation, which fadc emitted. Fixed weights train for as many
rounds as cost the same bytes, and are compared after as many rounds and after as many bytes.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import jax.numpy as jnp
import numpy as np

from samples.experiments.command_line import multiple_of, seeds_given
from samples.experiments.programs import learned_weighting as program
from samples.experiments.report import Report, Run, Traffic, progress
from samples.experiments.tuning.traffic import chosen_mode, sent
from samples.experiments.weighting import results, training
from samples.experiments.weighting.settings import TASKS, Draw, Setting, fixed_weights

DERIVATIVES = {
    "jacobian": "learned_weighting",
    "pullback": "learned_weighting_pulled",
    "reverse": "learned_weighting_reverse",
}
"""How the derivative passes the aggregation, and the emitted module: all compute the same."""

EVERY = 5
"""The report has every fifth round."""


@dataclasses.dataclass(frozen=True)
class Costs:
    """What a round costs, plain and learned."""

    plain: Traffic
    learned: Traffic

    def equal_bytes(self, rounds: int) -> int:
        """As many plain rounds, in fives, as cost no more than the learned ones do."""
        return rounds * self.learned.bytes // self.plain.bytes // EVERY * EVERY


def derivative(name: str) -> ModuleType:
    """The emitted module."""
    return importlib.import_module(f"samples.experiments.derivatives.{DERIVATIVES[name]}")


def costs(setting: Setting, emitted: ModuleType) -> Costs:
    """Those of a setting, as recorded."""
    (data, drawn), params = training.first_round(setting), training.initial(setting)
    weight, theta = jnp.ones(drawn.cohort.shape), jnp.zeros(len(program.STATISTICS))
    plain = training.plain_arguments(setting, data, drawn)
    arguments = training.round_arguments(setting, data, drawn)
    return Costs(
        sent(lambda: program.plain_round(params, weight=weight, **plain)),
        sent(lambda: emitted.learned_round_value_and_grad(params, theta, **arguments)),
    )


def runs_of(
    draw: Draw, seed: int, noisy: float, rounds: int, emitted: ModuleType
) -> tuple[list[Run], Costs]:
    """All trainings of a task at one seed, and what their rounds cost."""
    setting = draw(seed, noisy, rounds)
    priced = costs(setting, emitted)
    longer = draw(seed, noisy, priced.equal_bytes(rounds))
    setting = dataclasses.replace(longer, cohorts=longer.cohorts[:rounds])
    course = training.learned(setting, emitted.learned_round_value_and_grad, rounds)
    runs = [_run(setting, "learned", course, priced.learned)]
    weights = fixed_weights(longer)
    courses = training.fixed(longer, np.stack(list(weights.values())), len(longer.cohorts))
    for number, name in enumerate(weights):
        one = training.Course(*(part[number] for part in courses))
        runs.append(_run(longer, name, one, priced.plain))
    if longer.whole is not longer.train:
        whole = dataclasses.replace(longer, train=longer.whole)
        courses = training.fixed(whole, weights["uniform"][None], len(whole.cohorts))
        one = training.Course(*(part[0] for part in courses))
        runs.append(_run(longer, "uniform, judged too", one, priced.plain))
    return runs, priced


def _run(setting: Setting, label: str, course: training.Course, cost: Traffic) -> Run:
    """The course at every fifth round, and means over the ten rounds up to each."""
    rounds = len(course.loss)
    at = [number for number in range(rounds) if (number + 1) % EVERY == 0]
    series = {
        name: [results.settled(getattr(course, name), number) for number in at]
        for name in ("loss", "accuracy", "on_noisy")
    }
    if label == "learned":
        for number, name in enumerate(program.STATISTICS):
            series[f"theta: {name}"] = [float(course.theta[one, number]) for one in at]
    rounds_at = [number + 1 for number in at]
    return Run(label, setting.seed, {"task": setting.name}, rounds_at, series, cost)


def report(
    task: str, noisy: float, seeds: Sequence[int], rounds: int, name: str, shown: Any
) -> Report:
    """Runs the experiment; `shown` is called after each setting."""
    emitted = derivative(name)
    runs: list[Run] = []
    for draw in TASKS[task]:
        for seed in seeds:
            found, _ = runs_of(draw, seed, noisy, rounds, emitted)
            runs += found
            shown()
    settings = {"noisy": noisy, "rounds": rounds, "derivative": name}
    figures = results.figures(runs, rounds)
    notes = chosen_mode(emitted).splitlines()
    return Report("learned weighting", task, settings, seeds, runs, figures, notes)


def main(words: Sequence[str] | None = None) -> Report:
    """The command line: prints the plan, the traffic and the figures, writes JSON and plots."""
    parser = _parser()
    options = parser.parse_args(words)
    if options.noisy and options.task == "synthetic":
        parser.error("the clients of synthetic tasks are not noisy: use --noisy 0")
    emitted = derivative(options.derivative)
    print(chosen_mode(emitted), end="\n\n")
    for draw in TASKS[options.task]:
        setting = draw(0, options.noisy, 1)
        print(results.traffic_table(setting.name, costs(setting, emitted)), end="\n\n")
    with progress() as bars:
        task = bars.add_task("settings", total=len(TASKS[options.task]) * len(options.seeds))
        found = report(
            options.task,
            options.noisy,
            options.seeds,
            options.rounds,
            options.derivative,
            lambda: bars.advance(task),
        )
    for name, figure in found.figures.items():
        print(f"{name}: {figure}")
    name = f"{options.task}-{options.noisy:g}"
    found.write(options.out / f"{name}.json")
    results.plot_runs(options.out / f"{name}.svg", found)
    print(f"written to {options.out}: {name}.json and {name}.svg")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("samples.experiments.learned_weighting", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--task", choices=TASKS, default="digits")
    parser.add_argument("--noisy", type=_share, default=0.4, help="the share of noisy clients")
    parser.add_argument("--seeds", type=seeds_given, default=(0,), help="100-104, or 1,2")
    parser.add_argument("--rounds", type=multiple_of(EVERY), default=100, help="a multiple of five")
    parser.add_argument("--derivative", choices=DERIVATIVES, default="jacobian")
    parser.add_argument("--out", type=Path, default=Path("results"), help="a folder")
    return parser


def _share(text: str) -> float:
    if not 0 <= float(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no share from 0 up to 1")
    return float(text)


if __name__ == "__main__":
    main()
