"""Learning rates for each array: the derivatives through all rounds, their messages, a few steps."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from samples.experiments import layer_rates as experiment
from samples.experiments.derivatives import layer_rates, layer_rates_checkpointed
from samples.experiments.models import logistic_regression, size
from samples.experiments.programs.layer_rates import train
from samples.experiments.rates import searching, trials
from samples.experiments.report import Traffic


def arguments(clients: int, rounds: int) -> dict[str, Any]:
    """Random ones of a small training, in float64."""
    random, model = np.random.default_rng(clients), logistic_regression(3, 2)
    params = jax.tree.map(lambda p: random.normal(size=p.shape), model.init(jax.random.key(0)))
    counts = jnp.asarray(random.integers(2, 6, clients))

    def examples(suffix: str) -> dict[str, Any]:
        labels = jnp.asarray(random.integers(0, 2, (clients, 5)))
        inputs = jnp.asarray(random.normal(size=(clients, 5, 3)))
        return {"x" + suffix: inputs, "y" + suffix: labels, "count" + suffix: counts}

    rates = {"log_rates": {"w": jnp.log(0.3), "b": jnp.log(0.7)}, "log_server_rate": 0.2}
    static = {"logits": model.logits, "steps": 2, "rounds": rounds}
    return {"params": params, **rates, **examples(""), **examples("_judged"), **static}


@pytest.mark.parametrize(
    "module, rounds, clients",
    [
        (layer_rates, 2, 2),
        (layer_rates, 2, 5),
        (layer_rates_checkpointed, 5, 3),
        pytest.param(layer_rates_checkpointed, 6, 5, marks=pytest.mark.slow),
    ],
)
def test_the_derivative_is_jax_s(module: Any, rounds: int, clients: int) -> None:
    given = arguments(clients, rounds)
    (loss, (params,)), bars = module.train_value_and_grad(**given)
    rates = given.pop("log_rates"), given.pop("log_server_rate")

    def primal(log_rates: Any, log_server_rate: Any) -> Any:
        return train(log_rates=log_rates, log_server_rate=log_server_rate, **given)

    (wanted, trained), gradient = jax.jit(jax.value_and_grad(primal, argnums=(0, 1), has_aux=True))(
        *rates
    )
    np.testing.assert_allclose(loss, wanted, rtol=1e-12)
    for mine, jaxs in ((bars, gradient), (params, trained)):
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9), mine, jaxs)
    assert all(abs(leaf) > 1e-6 for leaf in jax.tree.leaves(gradient))


def test_checkpoints_trade_rounds_for_memory() -> None:
    """What is kept and sent, as the headers of the derivatives and `fadc audit` have it."""
    rounds, model = trials.ROUNDS, 8 * size(trials.MODEL.init(jax.random.key(0)))
    plain, whole, every_fourth = (
        experiment.training_traffic(way) for way, _ in experiment.WAYS.values()
    )
    assert plain == Traffic(rounds + 1, (rounds + 1) * model + 32, rounds * model + 8)
    assert whole == Traffic(2 * rounds + 1, (2 * rounds + 1) * model + 32, whole.up)
    assert every_fourth.exchanges == 3 * rounds + 1
    assert every_fourth.down == whole.down + rounds * model
    assert every_fourth.up == whole.up + rounds * model


@pytest.mark.slow
def test_learning_moves_the_rates_down_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "ROUNDS", 2)
    given = trials.data(0)
    start = trials.rates_of(0.02, 1.0)
    key = jax.random.split(jax.random.key(1), 2)
    found = searching.learn(start, given, 8, seed=0, shared=True)
    assert len(found.losses) == 8
    last = found.rates[-1]
    assert len({float(rate) for rate in last.client.values()}) == 1
    before, after = (trials.tried(rates, given, key)[0] for rates in (start, last))
    assert after < 0.95 * before
