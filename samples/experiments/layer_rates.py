"""A client learning rate for each array of the model, learned through whole trainings of FedAvg.

    python -m samples.experiments.layer_rates --seeds 0-2

For each seed the rates are learned by Adam: each step is a training from a new initial model, with the
derivative of the loss after it (`programs/layer_rates.py`, reverse mode). They are held against one
rate for all arrays, the grid's best, from which learning starts, and for comparison that one learned,
each with its server rate. All are tried on initial models and test examples that were not used.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from samples.experiments.command_line import seeds_given
from samples.experiments.derivatives import layer_rates, layer_rates_checkpointed
from samples.experiments.plots import Line, Panel, plot
from samples.experiments.programs.layer_rates import train
from samples.experiments.rates.searching import Learned, best_of, grid, learn
from samples.experiments.rates.trials import (
    CLIENTS,
    MODEL,
    ROUNDS,
    STEPS,
    Data,
    Rates,
    arguments,
    data,
    rates_of,
    tried,
)
from samples.experiments.report import Figure, Report, Run, Traffic, progress
from samples.experiments.tuning.traffic import chosen_mode, sent

EVERY = 5
"""Of the rates learned, every fifth are tried on the initial models by which the grid's were chosen."""


def runs_of(seed: int, steps: int) -> list[Run]:
    """All ways to set the rates at one seed; what is learned starts from the grid's best."""
    given = data(seed)
    tuning, trial = jax.random.split(jax.random.key(seed))
    judging = jax.random.split(tuning, 2)
    start = best_of(grid(), given, judging)
    ways = {
        "one rate, grid": Learned([start], []),
        "one rate, learned": learn(start, given, steps, seed, shared=True),
        "a rate for each array": learn(start, given, steps, seed, shared=False),
    }
    keys = jax.random.split(trial, 4)
    cost = training_traffic(layer_rates.train_value_and_grad)
    runs = []
    for name, way in ways.items():
        rates = best_of(way.rates[::EVERY], given, judging)
        runs.append(_run(name, seed, rates, way.losses, given, keys, cost))
    return runs


def _run(
    name: str,
    seed: int,
    rates: Rates,
    losses: list[float],
    given: Data,
    keys: jax.Array,
    cost: Traffic,
) -> Run:
    _, loss, right = tried(rates, given, keys)
    series = {"judged loss": losses, "loss": [float(loss)], "accuracy": [float(right)]}
    for array, log_rate in rates.client.items():
        series[f"rate of {array}"] = [float(jnp.exp(log_rate))]
    series["server rate"] = [float(jnp.exp(rates.server))]
    return Run(name, seed, {}, [ROUNDS], series, cost)


def training_traffic(computation: Callable[..., Any]) -> Traffic:
    """What one training with this computation sends."""
    params = MODEL.init(jax.random.key(0))
    given = arguments(params, rates_of(0.1, 1.0), data(0))
    return sent(lambda: computation(**given))


def kept_pullback() -> int:
    """The bytes of one pullback of a round's client work, which a client keeps until it is used."""
    one = {name: value[0] for name, value in data(0).clients.items()}
    given = MODEL.init(jax.random.key(0)), rates_of(0.1, 1.0).client

    def work(params: Any, rates: Any) -> Any:
        mine = one["x"], one["y"], one["count"]
        return layer_rates.client_update_vjp(params, rates, *mine, steps=STEPS, logits=MODEL.logits)

    _, pullback = jax.eval_shape(work, *given)
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(pullback))


WAYS = {
    "training": (train, 0),
    "derivative": (layer_rates.train_value_and_grad, ROUNDS),
    "derivative, every=4": (layer_rates_checkpointed.train_value_and_grad, 4),
}
"""Each with the number of pullbacks that a client keeps at a time."""


def figures(runs: Sequence[Run]) -> dict[str, Figure]:
    """Test accuracy in percent and loss of each way, and what it gains on the grid's rate."""
    ways: dict[str, list[Run]] = {}
    for run in runs:
        ways.setdefault(run.label, []).append(run)
    found: dict[str, Figure] = {}
    base = ways["one rate, grid"]
    for name, way in ways.items():
        found[f"{name}: accuracy"] = Figure.of(100 * run.series["accuracy"][0] for run in way)
        found[f"{name}: loss"] = Figure.of(run.series["loss"][0] for run in way)
        pairs = list(zip(way, base, strict=True))
        gains = (100 * (a.series["accuracy"][0] - b.series["accuracy"][0]) for a, b in pairs)
        ratios = (a.series["loss"][0] / b.series["loss"][0] for a, b in pairs)
        found[f"{name}: points gained"] = Figure.of(gains)
        found[f"{name}: loss ratio"] = Figure.of(ratios)
        for key in (key for key in way[0].series if "rate" in key):
            found[f"{name}: {key}"] = Figure.of(run.series[key][0] for run in way)
    return found


def main(words: Sequence[str] | None = None) -> Report:
    """The command line: prints the plan, the traffic and the figures, writes JSON and a plot."""
    options = _parser().parse_args(words)
    print(chosen_mode(layer_rates), end="\n\n")
    for name, (way, kept) in WAYS.items():
        sent = training_traffic(way)
        print(f"{name:20} {sent.exchanges:3} exchanges, {sent.down:8,} bytes down, ", end="")
        print(f"{sent.up:8,} up, {kept * kept_pullback():10,} kept by a client")
    runs: list[Run] = []
    with progress() as bars:
        for seed in bars.track(options.seeds, description="seeds"):
            runs += runs_of(seed, options.steps)
    settings = {"rounds": ROUNDS, "clients": CLIENTS, "local steps": STEPS, "outer": options.steps}
    found = Report("layer rates", "digits", settings, options.seeds, runs, figures(runs))
    for name, figure in found.figures.items():
        print(f"{name}: {figure}")
    found.write(options.out / "layer-rates.json")
    plot(options.out / "layer-rates.svg", [_panel(runs)])
    return found


def _panel(runs: Sequence[Run]) -> Panel:
    names = dict.fromkeys(run.label for run in runs if run.series["judged loss"])
    lines = {}
    for name in names:
        losses = [run.series["judged loss"] for run in runs if run.label == name]
        lines[name] = Line.over(range(len(losses[0])), losses)
    return Panel(lines, "trainings", "judged loss after training")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("samples.experiments.layer_rates", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seeds", type=seeds_given, default=(0,))
    parser.add_argument("--steps", type=int, default=30, help="outer steps, each a training")
    parser.add_argument("--out", type=Path, default=Path("results"), help="a folder")
    return parser


if __name__ == "__main__":
    main()
