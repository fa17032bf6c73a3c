"""Reptile against its batched algorithm, and against what its paper says that it stands in for."""

import jax
import jax.numpy as jnp
import numpy as np

import fadc as fed

from ..samples import sample

SAMPLE = sample("reptile")
reptile = SAMPLE.module


def test_a_round_is_the_papers() -> None:
    """φ ← φ + ε · mean(φ̃ − φ), φ̃ after a step of SGD for each batch, with the network by hand."""
    arguments = SAMPLE.arguments(3)
    start = {name: np.asarray(value) for name, value in arguments["params"].items()}
    ends = [_sgd(start, *data) for data in zip(arguments["x"], arguments["y"], strict=True)]
    _, params_next = reptile.reptile_round(**arguments)
    for name, value in start.items():
        step = np.mean([end[name] for end in ends], axis=0) - value
        assert jnp.allclose(params_next[name], value + 0.7 * step, atol=1e-12)


def _sgd(params, x, y, lr=0.05):
    for batch, labels in zip(np.asarray(x), np.asarray(y), strict=True):
        hidden = np.tanh(np.outer(batch, params["w1"]) + params["b1"])
        error = 2 * (hidden @ params["w2"] - labels) / len(labels)
        inner = np.outer(error, params["w2"]) * (1 - hidden**2)
        gradient = {"w1": inner.T @ batch, "b1": inner.sum(0), "w2": hidden.T @ error}
        params = {name: value - lr * gradient[name] for name, value in params.items()}
    return params


def test_its_step_is_the_meta_gradient_for_a_rate_that_vanishes() -> None:
    """Section 5.1: with one batch, asked about itself, both are the mean gradient to first order."""
    arguments = SAMPLE.arguments(3)
    x, y = arguments["x"][:, :1], arguments["y"][:, :1]
    lr = 1e-6
    delta = jax.vmap(reptile.change, (None, None, 0, 0))(arguments["params"], lr, x, y)
    round_ = fed.value_and_grad(reptile.reptile_round, wrt="params", result="loss")
    _, (meta,) = round_(arguments["params"], lr, 0.0, x, y, x[:, 0], y[:, 0])
    for name, value in delta.items():
        assert jnp.allclose(-value.mean(0) / lr, meta[name], rtol=1e-4, atol=1e-6)
