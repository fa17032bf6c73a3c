"""The primitives, as far as they do not depend on the engine."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fadc as fed


def at_three_clients(body, *args):
    """Run `body(*args)` in a computation with three clients."""

    @fed.computation
    def run(_cohort: fed.Clients):
        return body(*args)

    return run(np.zeros(3))


def test_aggregators_are_values():
    secure_sum = fed.aggregator("secure_sum", like=fed.sum)
    assert secure_sum == fed.aggregator("secure_sum", like=fed.sum)
    assert (secure_sum.name, secure_sum.like) == ("secure_sum", "sum")
    assert hash(secure_sum) != hash(fed.aggregator("secure_sum", like=fed.mean))
    with pytest.raises(dataclasses.FrozenInstanceError):
        secure_sum.name = "plain"


@pytest.mark.parametrize("like", [jnp.max, sum, "sum", None])
def test_aggregators_are_like_a_sum_or_a_mean(like):
    with pytest.raises(TypeError, match="like must be fed.sum or fed.mean, not"):
        fed.aggregator("strange", like=like)


def test_declared_aggregators_compute_what_they_are_like():
    x = {"a": jnp.arange(6.0).reshape(3, 2)}
    for like in (fed.sum, fed.mean):
        got = at_three_clients(fed.aggregator("secure", like=like), x)
        assert np.array_equal(got["a"], at_three_clients(like, x)["a"])


@pytest.mark.parametrize(
    "aggregator",
    [fed.sum, fed.mean, fed.aggregator("secure_sum", like=fed.sum)],
    ids=["sum", "mean", "secure_sum"],
)
def test_weighted_mean(aggregator):
    v = (jnp.arange(6.0).reshape(3, 2), {"b": jnp.array([1, 2, 4])})
    weights = jnp.array([1, 0, 3])
    a, b = at_three_clients(fed.weighted_mean, v, weights, aggregator)
    assert np.allclose(a, jnp.average(v[0], axis=0, weights=weights))
    assert np.allclose(b["b"], 13 / 4)


def test_weighted_mean_keeps_dtype_and_float0():
    v = (jnp.ones(3, jnp.float32), np.zeros((3, 2), jax.dtypes.float0))
    a, b = at_three_clients(fed.weighted_mean, v, jnp.ones(3, jnp.int32))
    assert a.dtype == jnp.float32
    assert b.dtype == jax.dtypes.float0
    assert b.shape == (2,)


def test_weighted_mean_is_differentiated_by_its_definition():
    def body(w, v):
        return fed.weighted_mean(v, w)

    w, v = jnp.array([1.0, 2.0, 3.0]), jnp.array([3.0, 1.0, 2.0])
    got = jax.grad(lambda w, v: at_three_clients(body, w, v), argnums=(0, 1))(w, v)
    assert np.allclose(got[0], (v - jnp.average(v, weights=w)) / w.sum())
    assert np.allclose(got[1], w / w.sum())


def test_num_clients_is_a_python_int():
    assert at_three_clients(fed.num_clients) == 3
    assert type(at_three_clients(fed.num_clients)) is int


def test_map_takes_static_keywords_of_any_name():
    got = at_three_clients(
        lambda x: fed.map(lambda x, function, n: function(x) * n, x, function=jnp.negative, n=2),
        jnp.arange(3.0),
    )
    assert np.array_equal(got, [0.0, -2.0, -4.0])
