"""Federated ridge regression against training without each client in turn."""

import jax.numpy as jnp
import numpy as np
import pytest

from ..samples import sample

SAMPLE = sample("ridge_regression")
ridge_regression = SAMPLE.module


def fit(x, y, ridge):
    """The least squares of the data and of a row for each ridge."""
    rows = np.concatenate([x.reshape(-1, x.shape[-1]), np.diag(np.sqrt(ridge))])
    right = np.concatenate([y.reshape(-1), np.zeros(len(ridge))])
    return np.linalg.lstsq(rows, right, rcond=None)[0]


def test_the_error_is_that_of_models_trained_without_the_client() -> None:
    arguments = {name: np.asarray(value) for name, value in SAMPLE.arguments(5).items()}
    x, y, ridge = arguments["x"], arguments["y"], np.exp(arguments["log_ridge"])
    errors = []
    for client in range(5):
        w = fit(np.delete(x, client, axis=0), np.delete(y, client, axis=0), ridge)
        errors.append(np.mean((x[client] @ w - y[client]) ** 2))
    error, w = ridge_regression.left_out_error(**SAMPLE.arguments(5))
    assert float(error) == pytest.approx(np.mean(errors))
    assert jnp.allclose(w, fit(x, y, ridge))
