"""Self-tuning: its hypergradients are JAX's, and it saves a run that starts with a bad rate."""

import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from samples.experiments import self_tuning
from samples.experiments.derivatives.fedopt_round import fedopt_round_value_and_grad
from samples.experiments.derivatives.loss_after_step import loss_after_step_value_and_grad
from samples.experiments.models import logistic_regression
from samples.experiments.programs.fedopt_round import fedopt_round, loss_after_step
from samples.experiments.report import Report, Run
from samples.experiments.tuning.optimizers import OPTIMIZERS
from samples.experiments.tuning.outcome import final
from samples.experiments.tuning.problem import problem
from samples.experiments.tuning.tasks import TASKS
from samples.experiments.tuning.traffic import chosen_mode, exchanges
from samples.experiments.tuning.training import Server, adapted

MODEL = logistic_regression(4, 3)


def arguments(clients: int, algorithm: str) -> dict[str, Any]:
    """Random arguments of `fedopt_round`, after some steps of the optimizer."""
    random = np.random.default_rng(clients)
    shapes = jax.tree.map(jnp.shape, MODEL.init(jax.random.key(0)))
    w, shift, *updates = (
        {name: jnp.asarray(random.normal(size=shape)) for name, shape in shapes.items()}
        for _ in range(4)
    )
    optimizer = OPTIMIZERS[algorithm]
    momentum = jnp.asarray(0.6)
    state = optimizer.init(w)
    for update in updates:
        _, state = optimizer.update(update, state, momentum)
    mask = (np.arange(6) < random.integers(2, 7, (clients, 1))).astype(float)
    return {
        "w": w,
        "state": state,
        "server_lr": jnp.asarray(0.7),
        "momentum": momentum,
        "shift": jax.tree.map(lambda leaf: 0.1 * leaf, shift),
        "client_lr": jnp.asarray(0.1),
        "x": jnp.asarray(random.normal(size=(clients, 6, 4))),
        "y": jnp.asarray(random.integers(0, 3, (clients, 6))),
        "mask": jnp.asarray(mask),
        "count": jnp.asarray(mask.sum(axis=1)),
        "batches": jnp.asarray(random.integers(0, 2, (clients, 3, 2))),
        "logits": MODEL.logits,
        "optimizer": optimizer.update,
    }


def assert_close(left: Any, right: Any) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12), left, right)


@pytest.mark.parametrize("clients", [2, 5])
@pytest.mark.parametrize("algorithm", ["fedavg", "fedavgm", "fedadam"])
def test_the_hypergradients_of_a_round_are_jax_s(clients: int, algorithm: str) -> None:
    given = arguments(clients, algorithm)
    at = [given.pop(name) for name in ("shift", "server_lr", "momentum")]

    def named(shift: Any, server_lr: Any, momentum: Any) -> dict[str, Any]:
        return {**given, "shift": shift, "server_lr": server_lr, "momentum": momentum}

    by_jax = jax.value_and_grad(lambda *a: fedopt_round(**named(*a)), (0, 1, 2), has_aux=True)
    (loss, (delta,)), bars = jax.jit(lambda *a: fedopt_round_value_and_grad(**named(*a)))(*at)
    assert_close(((loss, delta), bars), jax.jit(by_jax)(*at))
    assert (bars[2] != 0) == (algorithm == "fedavgm")


@pytest.mark.parametrize("clients", [2, 5])
def test_the_hypergradients_of_a_step_are_jax_s(clients: int) -> None:
    given = arguments(clients, "fedavgm")
    given["delta"] = given.pop("shift")
    del given["client_lr"], given["batches"]
    at = [given.pop(name) for name in ("w", "server_lr", "momentum")]

    def named(w: Any, server_lr: Any, momentum: Any) -> dict[str, Any]:
        return {**given, "w": w, "server_lr": server_lr, "momentum": momentum}

    by_jax = jax.value_and_grad(lambda *a: loss_after_step(**named(*a)), (0, 1, 2))
    emitted = jax.jit(lambda *a: loss_after_step_value_and_grad(**named(*a)))
    assert_close(emitted(*at), jax.jit(by_jax)(*at))


def test_the_hypergradient_is_a_finite_difference() -> None:
    given = arguments(4, "fedadagrad")
    at, step = given.pop("server_lr"), 1e-6
    _, (_, server_lr_bar, _) = jax.jit(
        lambda rate: fedopt_round_value_and_grad(**given, server_lr=rate)
    )(at)
    loss = jax.jit(lambda rate: fedopt_round(**given, server_lr=rate)[0])
    slope = (loss(at + step) - loss(at - step)) / (2 * step)
    assert float(server_lr_bar) == pytest.approx(float(slope), rel=1e-6)


def test_the_hypergradient_costs_one_exchange_in_mixed_mode_and_two_in_reverse() -> None:
    drawn = problem(TASKS["synthetic"], 0)
    sent = exchanges(drawn, OPTIMIZERS["fedavg"])
    width = sum(leaf.nbytes for leaf in jax.tree.leaves(drawn.w))
    plain, mixed, reverse = sent["plain"], sent["mixed"], sent["reverse"]
    assert (plain.exchanges, mixed.exchanges, reverse.exchanges) == (1, 2, 3)
    assert sent["hyper-step"].exchanges == 1
    assert mixed.down == plain.down + width
    assert mixed.up == (plain + sent["hyper-step"]).up < plain.up + 1.02 * width
    assert chosen_mode().startswith("Mixed mode with respect to shift, server_lr, momentum.")


def test_the_page_on_results_has_the_traffic_that_the_command_prints() -> None:
    page = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
    with jax.enable_x64(False):  # As the command finds it.
        sent = exchanges(problem(TASKS["synthetic"], 0), OPTIMIZERS["fedavg"])
    for row in sent.values():
        assert f"| {row.exchanges} | {row.down:,} | {row.up:,} |" in page


def test_a_hyper_step_turns_the_rate_by_kappa_at_most() -> None:
    """By the cosine of gradient and direction; where that is no number, the rate falls."""
    optimizer = OPTIMIZERS["fedavg"]
    server = Server(jnp.zeros(2), optimizer.init(jnp.zeros(2)), jnp.asarray(0.0), jnp.asarray(0.0))
    direction = jnp.array([3.0, 4.0])

    def moved(gradient: list[float]) -> float:
        bars = jnp.asarray(gradient), jnp.vdot(jnp.asarray(gradient), direction), jnp.asarray(0.0)
        return float(adapted(server, direction, optimizer, bars, 2.0).rate)

    assert moved([-30.0, -40.0]) == pytest.approx(2.0)
    assert moved([4.0, -3.0]) == pytest.approx(0.0)
    assert moved([0.3, 0.4]) == pytest.approx(-2.0)
    assert moved([float("nan"), 0.0]) == moved([float("inf"), 0.0]) == pytest.approx(-2.0)


REDUCED = [
    ("synthetic", "fedavg"),
    ("digits", "fedavg"),
    ("synthetic", "fedadam"),
    pytest.param("shakespeare", "fedavg", marks=pytest.mark.slow),
    pytest.param("digits", "fedadagrad", marks=pytest.mark.slow),
    pytest.param("synthetic-1", "fedyogi", marks=pytest.mark.slow),
    pytest.param("digits", "fedavgm", marks=pytest.mark.slow),
]


def reduced(task: str, algorithm: str, folder: Path) -> Report:
    """Ten short rounds from one low start, fixed and self-tuned."""
    rates = ["--starts", "0.001", "--grid", "0.001,1", "--seeds", "7", "--reduced"]
    given = ["--task", task, "--algorithm", algorithm, *rates, "--out", str(folder)]
    return self_tuning.main(given)


@pytest.mark.parametrize(("task", "algorithm"), REDUCED)
def test_a_low_rate_tunes_itself(task: str, algorithm: str, tmp_path: Path) -> None:
    with jax.enable_x64(False):  # As the command finds it.
        report = reduced(task, algorithm, tmp_path)
    fixed, _, tuned = report.runs
    assert (fixed.label, tuned.label) == ("fixed", "self-tuned")
    assert fixed.settings["start"] == tuned.settings["start"] == 0.001
    assert fixed.series["loss"][0] == pytest.approx(tuned.series["loss"][0])
    assert final(tuned, "loss") < 0.9 * final(fixed, "loss")
    assert tuned.series["rate"][-1] > 2 * tuned.series["rate"][0]
    assert_written(report, tuned, tmp_path)


def assert_written(report: Report, tuned: Run, folder: Path) -> None:
    """The results on disk are the report, and there is a plot."""
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert results["seeds"] == [7]
    assert results["runs"][-1]["series"]["loss"] == pytest.approx(tuned.series["loss"], rel=1e-5)
    assert results["figures"]["loss ratio"]["mean"] == pytest.approx(
        report.figures["loss ratio"].mean, rel=1e-5
    )
    assert "<svg" in (folder / "loss.svg").read_text(encoding="utf-8")
