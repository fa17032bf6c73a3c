"""Learned client weighting: its derivatives, its messages, its weights, and what training does."""

import dataclasses
import functools
import inspect
import json
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from samples.experiments import learned_weighting as experiment
from samples.experiments.models import size
from samples.experiments.programs.learned_weighting import (
    CAP,
    client_statistics,
    client_update,
    learned_round,
    plain_round,
)
from samples.experiments.report import Traffic
from samples.experiments.tuning.traffic import chosen_mode, sent
from samples.experiments.weighting import training
from samples.experiments.weighting.settings import (
    TASKS,
    Setting,
    digits_setting,
    fixed_weights,
    synthetic_setting,
)

THETA = jnp.array([0.3, -0.5, 0.2, -0.1])

SETTINGS = {
    "digits": lambda: digits_setting(0, 0.4, 1),
    "synthetic": lambda: synthetic_setting(1.0)(0, 0.0, 1),
}


def arguments(setting: Setting, clients: int) -> dict[str, Any]:
    """Those of a round, of the last clients of the first cohort, which on digits judge, in float64."""
    few = dataclasses.replace(setting, cohorts=setting.cohorts[:, -clients:], steps=3)
    given = training.round_arguments(few, *training.first_round(few))
    return {name: _wide(value) for name, value in given.items()}


def _wide(value: Any) -> Any:
    single = getattr(value, "dtype", None) == jnp.float32
    return value.astype(jnp.float64) if single else value


slow = pytest.mark.slow


@pytest.mark.parametrize(
    "name, draw, clients",
    [
        ("jacobian", "digits", 14),
        ("pullback", "digits", 14),
        ("jacobian", "synthetic", 6),
        pytest.param("reverse", "digits", 14, marks=slow),
        pytest.param("pullback", "synthetic", 6, marks=slow),
        pytest.param("reverse", "synthetic", 6, marks=slow),
    ],
)
def test_the_derivative_is_jax_s(name: str, draw: str, clients: int) -> None:
    params, given, (wanted, rest), gradient = case(draw, clients)
    emitted = experiment.derivative(name).learned_round_value_and_grad
    (loss, auxiliary), (theta_bar,) = jax.jit(lambda theta: emitted(params, theta, **given))(THETA)
    assert np.abs(gradient).min() > 1e-6
    np.testing.assert_allclose(loss, wanted, rtol=1e-12)
    np.testing.assert_allclose(theta_bar, gradient, rtol=1e-9, atol=1e-12)
    jax.tree.map(np.testing.assert_allclose, auxiliary, rest)


@functools.cache
def case(draw: str, clients: int) -> Any:
    """A random model, the arguments of a round, its results and its gradient by JAX, in float64."""
    setting = SETTINGS[draw]()
    random = np.random.default_rng(clients)
    params = jax.tree.map(lambda p: 0.3 * random.normal(size=p.shape), training.initial(setting))
    given = arguments(setting, clients)

    def primal(theta: jax.Array) -> Any:
        loss, *rest = learned_round(params, theta, **given)
        return loss, tuple(rest)

    return params, given, *jax.jit(jax.value_and_grad(primal, has_aux=True))(THETA)


@pytest.mark.parametrize("draw", SETTINGS)
def test_a_round_sends_what_is_said(draw: str) -> None:
    setting = SETTINGS[draw]()
    params, given = training.initial(setting), arguments(setting, 10)
    scalar, model = 8, 8 * size(params)
    down = 2 * model + 13 * scalar  # The model twice, its rate, coefficients and standardisation.
    up = 2 * model + 16 * scalar  # Update, gradient; 8 moments, 3 weights, loss, 4 cotangents.

    def derived(name: str) -> Traffic:
        emitted = experiment.derivative(name).learned_round_value_and_grad
        return sent(lambda: emitted(params, THETA, **given))

    names = inspect.signature(plain_round).parameters
    plain = {name: value for name, value in given.items() if name in names}
    assert sent(lambda: plain_round(params, weight=given["trains"], **plain)) == Traffic(
        1, model + scalar, model + scalar
    )
    assert derived("jacobian") == Traffic(3, down, up + 4 * model)
    assert derived("pullback") == Traffic(4, down + model + scalar, up)
    assert derived("reverse") == Traffic(5, down + model + 2 * scalar, up)


def test_weights_are_a_softmax_over_the_standardised_cohort() -> None:
    setting = digits_setting(0, 0.4, 1)
    params, given = training.initial(setting), arguments(setting, 30)
    _, _, weight = learned_round(params, THETA, **given)
    trains = np.asarray(given["trains"]) > 0
    assert trains.sum() == 20
    assert not weight[~trains].any()

    def statistics(x: Any, y: Any, count: Any, key: Any) -> jax.Array:
        more = {name: given[name] for name in ("steps", "batch", "logits")}
        delta = client_update(params, given["client_lr"], x, y, count, key, **more)
        return client_statistics(params, delta, x, y, count, given["logits"])

    mine = [given[name] for name in ("x", "y", "count", "key")]
    seen = np.asarray(jax.vmap(statistics)(*mine))[trains]
    scores = (seen - seen.mean(axis=0)) / seen.std(axis=0) @ np.asarray(THETA)
    wanted = np.exp(CAP * np.tanh(scores / CAP))
    np.testing.assert_allclose(weight[trains] / weight.sum(), wanted / wanted.sum(), rtol=1e-4)


def test_equal_coefficients_are_uniform_weights() -> None:
    """One round of the learned weighting from zero is one of FedAvg."""
    setting = digits_setting(0, 0.4, 1)
    params, (data, drawn) = training.initial(setting), training.first_round(setting)
    given = training.round_arguments(setting, data, drawn)
    _, learned, weight = learned_round(params, jnp.zeros(4), **given)
    plain = plain_round(params, weight=weight, **training.plain_arguments(setting, data, drawn))
    np.testing.assert_array_equal(weight, data.trains[drawn.cohort])
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), learned, plain)


def test_noisy_clients_have_wrong_labels_and_judges_have_not() -> None:
    setting = digits_setting(3, 0.4, 1)
    wrong = (setting.train.y != setting.judged.y) & setting.train.mask.astype(bool)
    np.testing.assert_array_equal(wrong.sum(axis=1), setting.noisy * setting.train.count)
    assert setting.noisy.sum() == 16
    assert not (setting.noisy * setting.judges).any()


def test_examples_that_judge_are_not_trained_on() -> None:
    setting = synthetic_setting(0.5)(0, 0.0, 1)
    np.testing.assert_array_equal(setting.train.count + setting.judged.count, setting.whole.count)
    for client in range(len(setting.noisy)):
        cut, end = setting.train.count[client], setting.whole.count[client]
        np.testing.assert_array_equal(
            setting.judged.x[client, : end - cut], setting.whole.x[client, cut:end]
        )


def test_ways_that_weight_alike_are_run_once() -> None:
    everyone = digits_setting(0, 0.0, 1)
    assert list(fixed_weights(everyone)) == ["uniform", "by count", "judges only"]
    assert len(fixed_weights(digits_setting(0, 0.4, 1))) == 5


def test_a_reduced_run_takes_the_weight_from_noisy_clients(tmp_path: Path) -> None:
    found = experiment.report("digits", 0.4, (1,), 20, "pullback", lambda: None)
    assert found.figures["digits, learned: weight on noisy clients"].max < 0.25
    assert found.figures["digits, uniform: points gained"].min > 3
    ways = {run.label: run for run in found.runs}
    assert ways["learned"].series["on_noisy"][0] > 0.3
    spent = ways["learned"].traffic * 20
    assert 0 <= (ways["uniform"].traffic * ways["uniform"].at[-1]).bytes - spent.bytes < 20_000
    found.write(tmp_path / "found.json")
    assert json.loads((tmp_path / "found.json").read_text("utf-8"))["seeds"] == [1]


def test_the_header_says_how_the_aggregation_is_passed() -> None:
    said = {name: chosen_mode(experiment.derivative(name)) for name in experiment.DERIVATIVES}
    stage = "stage 2 (`weighted_delta`, `weight`, line 107): "
    assert f"{stage}its Jacobian goes up with it" in said["jacobian"]
    assert f"{stage}pulled back" in said["pullback"]
    assert said["reverse"].startswith("Reverse mode")


@pytest.mark.slow
@pytest.mark.parametrize("task, noisy", [("digits", 0.4), ("digits", 0.0), ("synthetic", 0.0)])
def test_the_bars_at_one_seed(task: str, noisy: float) -> None:
    figures = experiment.report(task, noisy, (1,), 100, "pullback", lambda: None).figures
    if task == "digits":
        assert figures["digits, uniform: points gained"].min >= (5 if noisy else -1)
    for draw in TASKS[task] if task == "synthetic" else ():
        name = draw(1, noisy, 1).name
        assert figures[f"{name}, uniform: loss ratio"].max <= 1
        assert figures[f"{name}, by count: loss ratio"].max <= 0.85
