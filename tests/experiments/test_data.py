"""The tasks: the same seed gives the same data, nothing is lost, and padding is no example."""

from collections.abc import Callable

import numpy as np
import pytest

from samples.experiments.data import Federated, digits, mnist, shakespeare, synthetic
from samples.experiments.data.partition import dirichlet

every_task = pytest.mark.parametrize("make", [synthetic, digits, mnist, shakespeare])


@every_task
def test_a_seed_decides_the_data(make: Callable[[int], Federated]) -> None:
    first, again, other = make(0), make(0), make(1)
    for one, same in ((first.train, again.train), (first.evaluation, again.evaluation)):
        assert np.array_equal(one.x, same.x)
        assert np.array_equal(one.y, same.y)
        assert np.array_equal(one.count, same.count)
    assert first.train.x.shape != other.train.x.shape or (first.train.x != other.train.x).any()


@every_task
def test_padding_is_behind_the_examples(make: Callable[[int], Federated]) -> None:
    task = make(0)
    for part in (task.train, task.evaluation):
        assert part.x.shape[:2] == part.y.shape == part.mask.shape
        assert len(part.count) == task.clients
        assert (part.count >= 1).all()
        assert part.count.max() == part.y.shape[1]
        assert np.array_equal(part.mask.sum(axis=1), part.count)
        assert not part.y[part.mask == 0].any()
        assert not part.x[part.mask == 0].any()
        assert 0 <= part.y.min() <= part.y.max() < task.classes


def test_every_digit_has_one_client() -> None:
    task = digits(3)
    assert task.train.count.sum() + task.evaluation.count.sum() == 1797
    labels = np.random.default_rng(0).integers(0, 10, 500)
    parts = dirichlet(labels, 8, 0.3, np.random.default_rng(1))
    assert sorted(np.concatenate(parts).tolist()) == list(range(500))


def test_a_small_concentration_makes_clients_differ() -> None:
    """The share of a client's commonest label."""

    def commonest(concentration: float) -> float:
        train = digits(0, concentration=concentration).train
        labels = [y[:n] for y, n in zip(train.y, train.count, strict=True)]
        return float(np.mean([np.bincount(y).max() / len(y) for y in labels]))

    assert commonest(0.3) > 2 * commonest(100.0)


def test_synthetic_clients_differ_by_alpha_and_beta() -> None:
    """β parts the inputs' means; with α the labels of different clients need other models."""

    def spread(beta: float) -> float:
        train = synthetic(0, 0.0, beta).train
        means = train.x.sum(axis=1) / train.count[:, None]
        return float(means.mean(axis=1).std())

    assert spread(2.0) > 5 * spread(0.0)


def test_a_speaker_s_text_predicts_its_next_character() -> None:
    """The windows of one client overlap, and the label is the character behind the window."""
    train = shakespeare(0).train
    for x, y, count in zip(train.x[:5], train.y[:5], train.count[:5], strict=True):
        assert np.array_equal(x[1:count, :-1], x[: count - 1, 1:])
        assert np.array_equal(x[1:count, -1], y[: count - 1])
