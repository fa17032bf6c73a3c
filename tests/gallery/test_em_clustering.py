"""EM against its two steps in NumPy, against its theorem, and beside k-means."""

import jax.numpy as jnp
import numpy as np

import fadc

from ..correctness import harness
from ..samples import sample

em_clustering = sample("em_clustering").module

RANDOM = np.random.default_rng(0)
CENTRES, X = RANDOM.normal(size=(3, 2)), 2.0 * RANDOM.normal(size=(4, 6, 2))
LOG_WIDTH = 0.1


def densities(centres, points):
    """The density of each point under each Gaussian, divided by the number of these."""
    variance = np.exp(2 * LOG_WIDTH)
    squared = np.sum((points[:, None] - centres) ** 2, axis=2)
    return np.exp(-squared / (2 * variance)) / (2 * np.pi * variance) / len(centres)


def test_it_is_em():
    """On all clients' points at once."""
    centres, points = CENTRES, X.reshape(-1, 2)
    for _ in range(3):
        belongs = densities(centres, points)
        belongs /= belongs.sum(axis=1, keepdims=True)
        centres = np.stack([np.average(points, axis=0, weights=part) for part in belongs.T])
    wanted = -np.mean(np.log(densities(centres, points).sum(axis=1)))
    found = em_clustering.held_out_surprise(CENTRES, LOG_WIDTH, X, X, rounds=3)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


def test_no_round_makes_the_points_less_likely():
    losses = [
        em_clustering.held_out_surprise(CENTRES, LOG_WIDTH, X, X, rounds=rounds)
        for rounds in range(8)
    ]
    assert np.all(np.diff(losses) <= 0)
    assert losses[-1] < losses[0] - 0.1


def test_k_means_has_no_derivative_for_where_it_starts():
    """It is zero, of which `fadc check` warns, and EM's is not."""
    soft = "jax.nn.softmax(log_joint(centres, log_width, x), axis=-1)"
    hard = "jax.nn.one_hot(jnp.argmax(log_joint(centres, log_width, x), axis=-1), 3)"
    source = module_source()
    assert soft in source
    k_means = source.replace(soft, hard)
    assert [found.code for found in fadc.check(k_means)] == ["FAD414"]
    bars = [gradient_of(text, "centres")(CENTRES, LOG_WIDTH, X, X) for text in (source, k_means)]
    (_, (em_bar,)), (_, (k_means_bar,)) = bars
    assert jnp.abs(em_bar).min() > 0
    np.testing.assert_array_equal(k_means_bar, 0.0)


def module_source():
    """The text of the sample."""
    with open(em_clustering.__file__, encoding="utf-8") as file:
        return file.read()


def gradient_of(source, wrt):
    """The emitted gradient of a version of the sample."""
    done = fadc.transform(source, mode="reverse", wrt=wrt)
    module = harness.load(done.text, "held_out_surprise")
    return module.held_out_surprise_value_and_grad
