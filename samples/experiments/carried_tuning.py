"""Self-tuning without an extra exchange, beside self-tuning with one, and training at fixed rates.

    python -m samples.experiments.carried_tuning --task synthetic
    python -m samples.experiments.carried_tuning --task synthetic --optimizer fedadam

Every method starts from each rate of a grid. A run is judged by the mean of its last two
evaluations, divided by that of the best fixed rate of the grid (for accuracies, their difference):
after the same number of rounds, and after as many rounds as plain training's bytes pay for.
`tuning/carried.py` says how it works; the derivatives are fadc's.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fadc.engines import record
from samples.experiments.derivatives.loss_after_step import loss_after_step_value_and_grad
from samples.experiments.plots import Line, Panel, plot
from samples.experiments.report import Figure, Report, Run, Traffic, progress
from samples.experiments.tuning import carried, training
from samples.experiments.tuning.carried import Carried
from samples.experiments.tuning.optimizers import OPTIMIZERS, Optimizer
from samples.experiments.tuning.problem import Draws, Problem, problem
from samples.experiments.tuning.tasks import TASKS, Task
from samples.experiments.tuning.training import Course, Tuner, fixed_round, tuned_round

STARTS = tuple(10.0 ** (half / 2) for half in range(-6, 3))
"""The initial learning rates, 10^-3 to 10 in half decades: the grid of fixed rates, too."""

SEEDS = (100, 101, 102, 103, 104)
"""None of these was used to choose settings; 0, 1 and 2 were."""


@dataclass(frozen=True)
class Method:
    """A way to train: `train` makes courses, one a start, and `traffic` is that of one round."""

    name: str
    train: Callable[[Problem, jax.Array], Course]
    traffic: Callable[[Problem], Traffic]


def methods(optimizer: Optimizer) -> list[Method]:
    """The methods that are compared; the settings of adaptive optimizers are all of them alike."""
    plain = optimizer.name in ("fedavg", "fedavgm")
    extra = Tuner() if plain else Tuner(hyper_steps=5, fresh=True, kappa=2.0, half_life=25.0)
    fade = {} if plain else {"half_life": 25.0}
    ways = (
        Carried("gradient", kappa=1.0, patience=PATIENCE, **fade),
        Carried("tangent", kappa=0.5, patience=PATIENCE, **fade),
        Carried("update", kappa=1.0, patience=PATIENCE, **fade),
    )
    return [
        _in_rounds("fixed", optimizer, fixed_round(optimizer), lambda _: Traffic(0, 0, 0)),
        _in_rounds(
            "extra exchange", optimizer, tuned_round(optimizer, extra), _repeated(optimizer, extra)
        ),
        *(_carried(optimizer, tuner) for tuner in ways),
    ]


PATIENCE = 1.2
"""A step is taken back where the loss is more than a fifth above that before training."""


def _in_rounds(
    name: str,
    optimizer: Optimizer,
    run: training.Round,
    more: Callable[[Problem], Traffic],
) -> Method:
    def traffic(at: Problem) -> Traffic:
        server = training.Server(at.w, optimizer.init(at.w), jnp.zeros(()), jnp.zeros(()))
        return _traced(run, at, server, _first(at)) + more(at)

    return Method(name, lambda at, starts: training.train(at, starts, optimizer, run), traffic)


def _repeated(optimizer: Optimizer, tuner: Tuner) -> Callable[[Problem], Traffic]:
    """What a trace does not see: the hyper-steps in a loop, of which it sees one."""

    def more(at: Problem) -> Traffic:
        rates = jnp.ones(()), jnp.zeros(())
        clients, logits = at.train.at(_first(at).cohort), at.model.logits
        point = at.w, at.w, optimizer.init(at.w), *rates
        once = _traced(
            lambda *placed: loss_after_step_value_and_grad(*placed, logits, optimizer.update),
            *point,
            *clients,
        )
        in_the_loop = tuner.hyper_steps - (0 if tuner.fresh else 1)
        return once * (in_the_loop - 1)

    return more


def _carried(optimizer: Optimizer, tuner: Carried) -> Method:
    def traffic(at: Problem) -> Traffic:
        server = carried.begin(at, optimizer, jnp.ones(()))
        return _traced(functools.partial(carried.answer, tuner=tuner), at, server, _first(at))

    def train(at: Problem, starts: jax.Array) -> Course:
        return carried.train(at, starts, optimizer, tuner)

    return Method(tuner.by, train, traffic)


def _first(at: Problem) -> Draws:
    return jax.tree.map(lambda part: part[0], at.draws)


def _traced(function: Callable[..., Any], *arguments: Any) -> Traffic:
    """The messages of a function, which is traced and not run."""
    with record() as found:
        jax.eval_shape(function, *arguments)
    return Traffic(found.rounds, found.down, found.up)


def courses(task: Task, optimizer: Optimizer, seed: int, starts: Sequence[float]) -> list[Run]:
    """All methods from all starts at one seed."""
    at = problem(task, seed)
    recorded = list(range(0, task.rounds + 1, task.every))
    runs = []
    for method in methods(optimizer):
        course = method.train(at, jnp.asarray(starts))
        traffic = method.traffic(at)
        for number, start in enumerate(starts):
            series = {
                name: np.asarray(part[number]).tolist() for name, part in course._asdict().items()
            }
            runs.append(Run(method.name, seed, {"start": start}, recorded, series, traffic))
    return runs


def score(run: Run, judged: str, budget: float | None = None) -> float:
    """The mean of the last two evaluations, or of the last two that the budget of bytes covers."""
    values = np.asarray(run.series[judged])
    if budget is not None:
        paid = np.asarray(run.at) * run.traffic.bytes <= budget
        values = values[paid]
    return float(values[-2:].mean())


def scores(runs: Sequence[Run], judged: str) -> dict[str, dict[str, list[float]]]:
    """By method: `rounds` and `bytes`, each run's score against the best fixed rate of its seed."""
    found: dict[str, dict[str, list[float]]] = {}
    for seed in sorted({run.seed for run in runs}):
        of_seed = [run for run in runs if run.seed == seed]
        fixed = [run for run in of_seed if run.label == "fixed"]
        best = _best([score(run, judged) for run in fixed], judged)
        budget = fixed[0].at[-1] * fixed[0].traffic.bytes
        for run in of_seed:
            kinds = found.setdefault(run.label, {"rounds": [], "bytes": []})
            kinds["rounds"].append(_against(score(run, judged), best, judged))
            kinds["bytes"].append(_against(score(run, judged, budget), best, judged))
    return found


def _best(values: Sequence[float], judged: str) -> float:
    return float(np.nanmin(values) if judged == "loss" else np.nanmax(values))


def _against(value: float, best: float, judged: str) -> float:
    """A ratio of losses, or a difference of accuracies in points; what diverged is infinitely bad."""
    if not np.isfinite(value):
        return float("inf")
    return value / best if judged == "loss" else 100 * (value - best)


def experiment(
    task: Task, optimizer: Optimizer, seeds: Sequence[int], starts: Sequence[float] = STARTS
) -> Report:
    """Runs everything, with a bar on standard error."""
    runs: list[Run] = []
    with progress() as bar:
        steps = bar.add_task(f"{task.name}, {optimizer.name}", total=len(seeds))
        for seed in seeds:
            runs += courses(task, optimizer, seed, starts)
            bar.advance(steps)
    figures = {
        f"{method}, same {kind}": Figure.of(values)
        for method, kinds in scores(runs, task.judged).items()
        for kind, values in kinds.items()
    }
    settings = {"optimizer": optimizer.name, "judged": task.judged, "rounds": task.rounds}
    return Report("carried tuning", task.name, settings, seeds, runs, figures)


def table(report: Report) -> str:
    """What is printed: a line for each method."""
    ratio = report.settings["judged"] == "loss"
    unit = "loss ÷ best fixed" if ratio else "points above best fixed"
    head = f"{report.task}, {report.settings['optimizer']}, seeds {list(report.seeds)}: {unit}"
    lines = [
        f"{head}, mean (min to max) over seeds and starts",
        f"{'':16}{'exchanges':>10}{'down':>8}{'up':>8}  {'after as many rounds':30}as many bytes",
    ]
    for method, traffic in {run.label: run.traffic for run in report.runs}.items():
        cost = f"{traffic.exchanges:10}{traffic.down:8}{traffic.up:8}"
        rounds, paid = (report.figures[f"{method}, same {kind}"] for kind in ("rounds", "bytes"))
        lines.append(f"{method:16}{cost}  {rounds!s:30}{paid}")
    return "\n".join(lines)


def panels(report: Report) -> list[Panel]:
    """The quantity that is judged, against rounds and against bytes, over all seeds and starts."""
    judged = str(report.settings["judged"])
    lines: tuple[dict[str, Line], dict[str, Line]] = ({}, {})
    for label, runs in _by_label(report.runs).items():
        values = [run.series[judged] for run in runs]
        if label == "fixed":
            label, values = "best fixed", _of_best_rates(runs, judged)
        kilobytes = [number * runs[0].traffic.bytes / 1000 for number in runs[0].at]
        lines[0][label] = Line.over(runs[0].at, values, dashed=label == "best fixed")
        lines[1][label] = Line.over(kilobytes, values, dashed=label == "best fixed")
    title = f"{report.task}, {report.settings['optimizer']}"
    return [
        Panel(lines[0], "round", judged, title, log_y=judged == "loss"),
        Panel(lines[1], "kB to and from each client", judged, title, log_y=judged == "loss"),
    ]


def _by_label(runs: Sequence[Run]) -> Mapping[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run.label, []).append(run)
    return found


def _of_best_rates(runs: Sequence[Run], judged: str) -> list[Sequence[float]]:
    """The course of the best fixed rate of each seed."""
    found = []
    for seed in sorted({run.seed for run in runs}):
        of_seed = [run for run in runs if run.seed == seed]
        values = [score(run, judged) for run in of_seed]
        found.append(of_seed[values.index(_best(values, judged))].series[judged])
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", choices=sorted(TASKS), default="synthetic")
    parser.add_argument("--optimizer", choices=sorted(OPTIMIZERS), default="fedavg")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--rounds", type=int, help="by default those of the task")
    parser.add_argument("-o", "--output", type=Path, default=Path("results/carried_tuning"))
    given = parser.parse_args()
    task = TASKS[given.task]
    task = replace(task, rounds=given.rounds) if given.rounds else task
    report = experiment(task, OPTIMIZERS[given.optimizer], given.seeds)
    stem = given.output / f"{task.name}-{given.optimizer}"
    report.write(stem.with_suffix(".json"))
    plot(stem.with_suffix(".svg"), panels(report))
    print(table(report))


if __name__ == "__main__":
    main()
