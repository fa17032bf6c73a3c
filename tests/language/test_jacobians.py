"""Jacobians of local functions, and their contraction with cotangents."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.dtypes import float0

import fadc as fed


def close(found: Any, expected: Any) -> None:
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12), found, expected
    )


def wide(w: Any) -> Any:
    """Fewer outputs than inputs: rows."""
    return jnp.tanh(w[:2]) * w[2]


def tall(w: Any) -> Any:
    """More outputs than inputs: columns."""
    return jnp.outer(jnp.sin(w), jnp.arange(1.0, 8.0))


@pytest.mark.parametrize("function", [wide, tall])
def test_rows_are_gradients_of_the_outputs(function: Any) -> None:
    w = jnp.array([0.3, -1.2, 0.7, 2.0])
    out, jac = fed.jacobian(function, w)
    close(out, function(w))
    close(jac, jax.jacrev(function)(w).reshape(-1, 4))


@pytest.mark.parametrize("function", [wide, tall])
def test_contraction_is_the_pullback(function: Any) -> None:
    w = jnp.array([0.3, -1.2, 0.7, 2.0])
    out, pullback = jax.vjp(function, w)
    bar = jnp.cos(jnp.arange(out.size, dtype=float).reshape(out.shape))
    close(fed.contract(bar, fed.jacobian(function, w)[1]), pullback(bar)[0])


def mixture(model: Any, v: Any) -> Any:
    """Trees in and out, integers among the leaves of both."""
    hidden = jnp.tanh(model["w"] @ v) * model["steps"]
    return {"mean": hidden.mean(), "count": jnp.sum(hidden > 0), "parts": [hidden, v**2]}


def test_trees_and_integers() -> None:
    model, v = {"w": jnp.arange(6.0).reshape(2, 3) / 7, "steps": 3}, jnp.array([0.1, -0.4, 0.8])
    out, pullback = jax.vjp(mixture, model, v)
    bar = {"mean": 0.3, "count": 5.0, "parts": [jnp.array([1.0, -2.0]), jnp.array([0.5, 0.1, 2.0])]}
    fitting = {**bar, "count": np.zeros((), float0)}
    found, (model_jac, v_jac) = fed.jacobian(mixture, model, v)
    close(found, out)
    assert model_jac["steps"].dtype == float0
    expected_model, expected_v = pullback(fitting)
    for seed in (bar, fitting):
        model_bar = fed.contract(seed, model_jac)
        close(model_bar["w"], expected_model["w"])
        assert model_bar["steps"].dtype == float0
        close(fed.contract(seed, v_jac), expected_v)


def test_functions_without_a_forward_derivative() -> None:
    """More outputs than inputs, and still by rows."""

    @jax.custom_vjp
    def doubled(w: Any) -> Any:
        return jnp.stack([w, w, w])

    doubled.defvjp(lambda w: (doubled(w), None), lambda _, bar: (10.0 * bar.sum(0),))
    _, jac = fed.jacobian(doubled, jnp.ones(2))
    close(jac, jnp.full((6, 2), 10.0) * jnp.tile(jnp.eye(2), (3, 1)))


def test_nothing_to_differentiate() -> None:
    """An integer argument has a Jacobian of float0; an integer output one of zeros."""
    out, jac = fed.jacobian(lambda k: 2.0 * k, 3)
    assert float(out) == 6.0 and jac.dtype == float0
    _, jac = fed.jacobian(lambda w: jnp.round(w).astype(int), jnp.ones(2))
    close(jac, jnp.zeros((2, 2)))


def test_gradients_of_one_scalar() -> None:
    model, v = {"w": jnp.arange(6.0).reshape(2, 3) / 7, "steps": 3}, jnp.array([0.1, -0.4, 0.8])
    out, (model_bar, v_bar) = fed.gradient(lambda m, v: mixture(m, v)["mean"], model, v)
    expected = jax.grad(lambda w, v: mixture({**model, "w": w}, v)["mean"], (0, 1))(model["w"], v)
    close(out, mixture(model, v)["mean"])
    close((model_bar["w"], v_bar), expected)
    assert model_bar["steps"].dtype == float0
    count, zero = fed.gradient(lambda v: jnp.sum(v > 0), v)
    assert int(count) == 2
    close(zero, jnp.zeros(3))


def test_under_vmap_and_jit() -> None:
    w = jnp.linspace(-1.0, 1.0, 12).reshape(3, 4)
    _, jac = jax.jit(jax.vmap(lambda w: fed.jacobian(wide, w)))(w)
    close(jac, jax.vmap(jax.jacrev(wide))(w))


def test_a_cotangent_of_another_size_is_refused() -> None:
    _, jac = fed.jacobian(wide, jnp.ones(4))
    with pytest.raises(ValueError, match="a cotangent of 3 scalars, a Jacobian of 2 rows"):
        fed.contract(jnp.ones(3), jac)
