"""Adaptive clipping against algorithm 1 of Andrew et al. (2021), and what its derivative leaves out."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fadc as fed

from ..samples import sample

SAMPLE = sample("adaptive_clipping")
adaptive_clipping = SAMPLE.module


def test_two_rounds_are_the_papers() -> None:
    arguments = SAMPLE.arguments(5)
    x, y = np.asarray(arguments["x"]), np.asarray(arguments["y"])
    w, velocity = np.asarray(arguments["w"]), np.asarray(arguments["velocity"])
    clip, clients = 0.1, len(x)
    count_stddev = clients / 20
    z_delta = (0.1**-2 - (2 * count_stddev) ** -2) ** -0.5
    shares = []
    for t in range(2):
        keys = jax.random.split(jax.random.fold_in(arguments["key"], t))
        noises = np.asarray(jax.random.normal(keys[0], w.shape)), float(jax.random.normal(keys[1]))
        deltas = [_local_training(w, *data) - w for data in zip(x, y, strict=True)]
        norms = [np.linalg.norm(delta) for delta in deltas]
        clipped = [d * min(1, clip / norm) for d, norm in zip(deltas, norms, strict=True)]
        shares.append(sum(norm <= clip for norm in norms) / clients)
        velocity = 0.9 * velocity + (sum(clipped) + z_delta * clip * noises[0]) / clients
        w = w + 0.2 * velocity
        clip *= np.exp(-0.2 * (shares[-1] + count_stddev * noises[1] / clients - 0.5))
    assert any(0 < share < 1 for share in shares)
    _, w_next, velocity_next, clip_next = adaptive_clipping.private_rounds(**arguments, rounds=2)
    assert jnp.allclose(w_next, w, atol=1e-9)
    assert jnp.allclose(velocity_next, velocity, atol=1e-9)
    assert float(clip_next) == pytest.approx(clip)


def _local_training(w, x, y):
    for _ in range(adaptive_clipping.LOCAL_STEPS):
        w = w - adaptive_clipping.LOCAL_LR * 2 * x.T @ (x @ w - y) / len(y)
    return w


def test_the_derivative_for_the_quantile_is_whole_over_two_rounds() -> None:
    """Differences of any width agree, though counts jump: the loss is smooth in the quantile."""
    arguments = SAMPLE.arguments(5)
    loss = jax.jit(
        lambda quantile: adaptive_clipping.private_rounds(
            **{**arguments, "quantile": quantile}, rounds=2
        )[0]
    )
    gradient = fed.value_and_grad(adaptive_clipping.private_rounds, wrt="quantile", result="loss")
    _, (quantile_bar,) = gradient(**arguments, rounds=2)
    assert float(quantile_bar) != 0.0
    difference = (loss(0.5 + 1e-3) - loss(0.5 - 1e-3)) / 2e-3
    assert float(quantile_bar) == pytest.approx(float(difference), rel=1e-4)
