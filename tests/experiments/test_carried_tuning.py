"""Hypergradients that take no exchange of their own: right, free of rounds, and of use."""

import functools
import json
import sys
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fadc import cli
from samples.experiments import carried_tuning
from samples.experiments.data import synthetic
from samples.experiments.models import cross_entropy
from samples.experiments.tuning import carried, training
from samples.experiments.tuning.carried import Carried, Server
from samples.experiments.tuning.optimizers import OPTIMIZERS
from samples.experiments.tuning.problem import Draws, Problem, problem
from samples.experiments.tuning.tasks import TASKS
from samples.experiments.tuning.traffic import exchanges

ROOT = Path(__file__).parents[2]
TASK = replace(
    TASKS["synthetic-1"],
    data=functools.partial(synthetic, clients=10),
    rounds=10,
    steps=4,
    cohort=5,
)
FEDAVG, FEDADAM = OPTIMIZERS["fedavg"], OPTIMIZERS["fedadam"]
WAYS = ("gradient", "tangent", "update")


@functools.cache
def drawn(cohort: int = 5) -> Problem:
    """The task at seed 0."""
    return problem(replace(TASK, cohort=cohort), 0)


def first(at: Problem) -> Draws:
    """Who takes part in the first round."""
    return jax.tree.map(lambda part: part[0], at.draws)


def somewhere(at: Problem) -> Server:
    """A server with a model, a step and a tangent of any direction."""
    server = carried.begin(at, FEDAVG, jnp.asarray(0.3))
    keys = iter(jax.random.split(jax.random.key(1), 6))

    def drawn_like(tree: dict[str, jax.Array]) -> dict[str, jax.Array]:
        return {name: jax.random.normal(next(keys), part.shape) for name, part in tree.items()}

    w, direction, w_dot = (drawn_like(server.w) for _ in range(3))
    return server._replace(w=w, direction=direction, w_dot=w_dot)


def loss_at(at: Problem, draws: Draws, w: dict[str, jax.Array]) -> jax.Array:
    """The cohort's loss in plain JAX, weighted by numbers of examples."""
    mine = at.train.at(draws.cohort)
    losses = jax.vmap(lambda x, y, mask: cross_entropy(at.model.logits(w, x), y, mask))(*mine[:3])
    return jnp.sum(losses * mine.count) / jnp.sum(mine.count)


@pytest.mark.parametrize("cohort", [2, 5])
def test_the_slope_is_jax_s_derivative_for_a_rate_that_past_steps_share(cohort: int) -> None:
    at, tuner = drawn(cohort), Carried("gradient", discount=0.7)
    server, draws = somewhere(at), first(at)

    def loss(change: jax.Array) -> jax.Array:
        rate = jnp.exp(server.rate) + change
        past = jax.tree.map(lambda p, dot: p + 0.7 * change * dot, server.w, server.w_dot)
        return loss_at(at, draws, jax.tree.map(lambda p, d: p + rate * d, past, server.direction))

    value, slope = jax.jit(jax.value_and_grad(loss))(0.0)
    gradient = jax.jit(jax.grad(lambda w: loss_at(at, draws, w)))
    for by in ("gradient", "tangent"):
        got = jax.jit(functools.partial(carried.answer, tuner=replace(tuner, by=by)))(
            at, server, draws
        )
        np.testing.assert_allclose([got.loss, got.slope], [value, slope], rtol=1e-5)
        if by == "gradient":
            leaves = jax.tree.leaves(gradient(got.w_next))
            norm = np.sqrt(sum(float(jnp.vdot(leaf, leaf)) for leaf in leaves))
            assert float(got.gradient) == pytest.approx(norm, rel=1e-5)


@pytest.mark.parametrize("by", WAYS)
def test_no_round_more_than_plain_training(by: str) -> None:
    """And what is sent beside its messages: ∇F up, or the tangent down and a number up."""
    with jax.enable_x64(False):
        at = problem(TASK, 0)
        plain = exchanges(at, FEDAVG)["plain"]
        got = carried.traffic(at, FEDAVG, Carried(by))
        model = sum(leaf.nbytes for leaf in jax.tree.leaves(at.w))
    loss, slope = 4, 4 if by == "tangent" else 0
    assert got.exchanges == plain.exchanges == 1
    assert got.down - plain.down == (model if by == "tangent" else 0)
    assert got.up - plain.up == (model if by == "gradient" else 0) + loss + slope


@pytest.mark.parametrize("mode", ["forward", "mixed"])
def test_cost_knows_it_before_anything_runs(
    mode: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    program = "samples/experiments/programs/stepped_round.py"
    words = ["--wrt", "w,server_lr", "--result", "loss", "--output-format", "json"]
    monkeypatch.setattr(sys, "argv", ["fadc", "cost", program, *words])
    assert cli.main() == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    (primal,) = [row for row in rows if row["mode"] is None]
    derivatives = [row for row in rows if row["mode"] == mode]
    assert derivatives
    assert {row["rounds"]["value"] for row in (primal, *derivatives)} == {1}


@pytest.mark.parametrize("by", ["gradient", pytest.param("tangent", marks=pytest.mark.slow)])
def test_with_nothing_to_adapt_it_is_plain_training(by: str) -> None:
    """The steps are those of plain training; each is but taken a round later."""
    at, starts = drawn(), jnp.asarray([0.3, 2.0])
    tuner = Carried(by, kappa=0.0, patience=float("inf"))
    got = carried.train(at, starts, FEDADAM, tuner)
    plain = training.train(at, starts, FEDADAM, training.fixed_round(FEDADAM))
    np.testing.assert_allclose(got.loss, plain.loss, rtol=1e-4)


def test_a_step_that_raised_the_loss_is_taken_back() -> None:
    at = drawn()
    tuner = Carried("gradient")
    begun = carried.begin(at, FEDADAM, jnp.asarray(100.0))
    one_round = jax.jit(functools.partial(carried.carried_round, optimizer=FEDADAM, tuner=tuner))
    before = one_round(at, begun, first(at))
    second = jax.tree.map(lambda part: part[1], at.draws)
    after = one_round(at, before, second)
    for name in ("w", "direction", "state"):
        kept = zip(*(jax.tree.leaves(getattr(s, name)) for s in (before, after)), strict=True)
        assert all(np.array_equal(one, other) for one, other in kept), name
    assert float(after.rate) == pytest.approx(float(before.rate) - np.log(4), rel=1e-5)
    assert not any(leaf.any() for leaf in jax.tree.leaves(after.w_dot))
    short = one_round(at, before._replace(rate=jnp.log(0.01)), second)
    assert not np.array_equal(short.w["w"], before.w["w"])


@pytest.fixture(scope="module")
def reduced() -> carried_tuning.Comparison:
    """FedAdam on Synthetic(0, 0): thirty short rounds from three starts."""
    task = replace(TASKS["synthetic"], rounds=30, steps=8)
    with jax.enable_x64(False):
        chosen = carried_tuning.methods(task, FEDADAM)
        chosen = {name: chosen[name] for name in ("fixed", "gradient", "tangent")}
        return carried_tuning.compare(task, FEDADAM, chosen, [0], starts=(1e-2, 1e-1, 10.0))


@pytest.mark.parametrize("way", ["gradient", "tangent"])
def test_it_recovers_from_a_start_that_ruins_plain_training(
    way: str, reduced: carried_tuning.Comparison
) -> None:
    (fixed,), (tuned,) = reduced.seeds["fixed"], reduced.seeds[way]
    _, _, ruined = (fixed.ratio(run) for run in fixed.tuned)
    _, _, recovered = (tuned.ratio(run) for run in tuned.tuned)
    assert recovered < 1.3 < 5.0 * 1.3 < ruined, (recovered, ruined)


def test_it_spends_fewer_exchanges_than_tuning_with_extra_ones() -> None:
    chosen = carried_tuning.methods(TASK, FEDADAM)
    spent = {name: carried_tuning.traffic(drawn(), FEDADAM, way)[0] for name, way in chosen.items()}
    assert {name: each.exchanges for name, each in spent.items() if each.exchanges > 1} == {
        "5 extra": 6
    }
    assert max(spent[name].bytes for name in WAYS) < 2 * spent["fixed"].bytes


def test_the_table_has_every_method_and_the_plot_each_of_its_courses(
    reduced: carried_tuning.Comparison,
) -> None:
    shown = carried_tuning.table(reduced)
    assert list(shown.columns[0].cells) == list(reduced.seeds)
    for panel in carried_tuning.panels(reduced):
        assert len(panel.lines) == len(reduced.seeds)
    assert reduced.figures["tangent: loss ratio"].count == 3
