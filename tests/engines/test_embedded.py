"""The embedded engine: what its values look like, and float0 leaves on their way."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fadc as fed
from fadc.engines import Embedded, current_engine, use_engine

FLOAT0 = jax.dtypes.float0
ENGINE = Embedded()


def float0(*shape):
    return np.zeros(shape, FLOAT0)


def test_broadcast_adds_the_clients_axis():
    value = {"w": jnp.ones((2, 3), jnp.float32), "k": jax.random.key(0), "c": 2, "n": None}
    sent = ENGINE.broadcast((value, float0(3), "relu"), 4)
    assert sent[0]["w"].shape == (4, 2, 3)
    assert sent[0]["w"].dtype == jnp.float32
    assert sent[0]["k"].shape == sent[0]["c"].shape == (4,)
    assert sent[0]["n"] is None
    assert (sent[1].shape, sent[1].dtype, sent[2]) == ((4, 3), FLOAT0, "relu")


@pytest.mark.parametrize(
    ("dtype", "total", "average"),
    [
        (jnp.float32, jnp.float32, jnp.float32),
        (jnp.complex64, jnp.complex64, jnp.complex64),
        (jnp.int32, jnp.int32, jnp.float32),
        (jnp.uint8, jnp.uint8, jnp.float32),
        (jnp.int64, jnp.int64, jnp.float64),
        (bool, jnp.int64, jnp.float32),
        (FLOAT0, FLOAT0, FLOAT0),
    ],
)
def test_aggregates_remove_the_clients_axis(dtype, total, average):
    value = np.ones((4, 3), dtype)
    for like, expected, entry in (("sum", total, 4), ("mean", average, 1)):
        got = ENGINE.aggregate({"a": value}, like, like, 4)["a"]
        assert got.shape == (3,)
        assert got.dtype == expected
        assert dtype == FLOAT0 or (np.asarray(got) == entry).all()


@pytest.mark.parametrize("value", [jnp.ones(3), jnp.array(1.0), 1.0, "relu"], ids=repr)
def test_aggregates_refuse_what_is_not_at_the_clients(value):
    message = r"the value given to secure_sum is not at the clients: its leaf \['a'\] has shape"
    with pytest.raises(ValueError, match=message):
        ENGINE.aggregate({"a": value}, "sum", "secure_sum", 4)


def test_map_passes_static_leaves_as_they_are():
    def f(x, c, options, scalar):
        assert (c, type(c), options["name"], type(scalar)) == (2, int, "relu", np.float32)
        return options["f"](x * c * scalar)

    options = {"name": "relu", "f": jnp.negative, "none": None}
    got = ENGINE.map(f, (jnp.arange(3.0), 2, options, np.float32(3)), {}, 3)
    assert np.array_equal(got, [0.0, -6.0, -12.0])


def test_map_places_constants_at_the_clients():
    got = ENGINE.map(lambda x: (1.5, None, jnp.ones(2), x), (7,), {}, 3)
    assert [np.shape(leaf) for leaf in jax.tree.leaves(got)] == [(3,), (3, 2), (3,)]
    assert got[1] is None


def function(x, scale):
    return x * scale


@pytest.mark.parametrize("leaf", [jnp.ones(4), jnp.array(1.0), np.ones((2, 3)), float0(2)])
def test_map_refuses_what_is_not_at_the_clients(leaf):
    called = functools.partial(function, scale=2.0)
    message = (
        rf"argument 2 of function in fed.map is not at the clients: its leaf \['w'\] "
        rf"has shape \({', '.join(map(str, leaf.shape))},?\), but a value at 3 clients has "
        r"shape \(3, ...\). Send a server value to the clients first: fed.broadcast"
    )
    with pytest.raises(ValueError, match=message):
        ENGINE.map(called, (jnp.ones(3), {"w": leaf}), {}, 3)


def test_float0_leaves_go_around_vmap():
    def f(x, z):
        assert (z.shape, z.dtype) == ((2,), FLOAT0)
        return {"sum": x + 1, "same": z, "new": (float0(5), None)}

    def run(x):
        return ENGINE.map(f, (x, float0(3, 2)), {}, 3)

    got = run(jnp.arange(3.0))
    assert np.array_equal(got["sum"], [1.0, 2.0, 3.0])
    assert (got["same"].shape, got["same"].dtype) == ((3, 2), FLOAT0)
    assert (got["new"][0].shape, got["new"][0].dtype) == ((3, 5), FLOAT0)
    assert jax.jit(run)(jnp.arange(3.0))["same"].dtype == FLOAT0
    assert np.array_equal(jax.grad(lambda x: run(x)["sum"].sum())(jnp.ones(3)), jnp.ones(3))
    over_rates = jax.vmap(run)(jnp.ones((4, 3)))
    assert (over_rates["sum"].shape, over_rates["same"].shape) == ((4, 3), (4, 3, 2))
    assert "float0" not in str(jax.make_jaxpr(lambda x: run(x)["sum"])(jnp.ones(3)))


def test_traced_float0_leaves_go_around_vmap():
    """Under jit and vmap, a float0 array that is an argument is a tracer."""

    def run(z):
        sent = ENGINE.broadcast(z, 3)
        return ENGINE.aggregate(ENGINE.map(lambda z: z, (sent,), {}, 3), "mean", "mean", 3)

    assert (jax.jit(run)(float0(2)).shape, jax.jit(run)(float0(2)).dtype) == ((2,), FLOAT0)
    assert jax.vmap(run)(float0(4, 2)).shape == (4, 2)


def test_integer_cotangents_and_tangents_pass_map():
    def f(x, k):
        return x * k, k

    x, k = jnp.arange(1.0, 4.0), jnp.arange(3)
    (_, _), pullbacks = ENGINE.map(lambda x, k: jax.vjp(f, x, k), (x, k), {}, 3)
    x_bar, k_bar = ENGINE.map(fed.pull, (pullbacks, (x, float0(3))), {}, 3)
    assert np.array_equal(x_bar, x * k)
    assert (k_bar.shape, k_bar.dtype) == ((3,), FLOAT0)
    tangents = (x, float0(3))
    (_, _), (out_dot, k_dot) = ENGINE.map(
        lambda x, k, x_dot, k_dot: jax.jvp(f, (x, k), (x_dot, k_dot)), (x, k, *tangents), {}, 3
    )
    assert np.array_equal(out_dot, x * k)
    assert (k_dot.shape, k_dot.dtype) == ((3,), FLOAT0)


def test_pullbacks_are_client_values():
    """A pullback made at the clients comes back to them, also through jit and broadcast."""

    def local_loss(w, x):
        return jnp.sum(jnp.sin(w * x)), {"aux": w, "count": x.size}

    x = jnp.arange(6.0).reshape(3, 2)
    w = jnp.broadcast_to(jnp.array([1.0, 2.0]), (3, 2))

    def forward(w, x):
        return ENGINE.map(lambda w, x: jax.vjp(lambda w: local_loss(w, x), w), (w, x), {}, 3)

    for run in (forward, jax.jit(forward)):
        _, pullbacks = run(w, x)
        (w_bar,) = ENGINE.map(fed.pull, (pullbacks, [jnp.ones(3, jnp.float32), None]), {}, 3)
        assert np.allclose(w_bar, jnp.cos(w * x) * x)


def test_map_traces_without_overhead():
    x = jnp.ones((3, 2))
    by_engine = jax.make_jaxpr(lambda x: ENGINE.map(lambda x: jnp.sin(x) @ x, (x,), {}, 3))(x)
    assert str(by_engine) == str(jax.make_jaxpr(jax.vmap(lambda x: jnp.sin(x) @ x))(x))


def test_engines_are_swapped_without_touching_the_program():
    class Counting(Embedded):
        uploads = 0

        def aggregate(self, value, like, name, n):
            Counting.uploads += 1
            assert (like, name, n) == ("sum", "secure_sum", 3)
            return super().aggregate(value, like, name, n)

    secure_sum = fed.aggregator("secure_sum", like=fed.sum)

    @fed.computation
    def total(x: fed.Clients):
        return secure_sum(x)

    default = current_engine()
    with use_engine(Counting()) as engine:
        assert current_engine() is engine
        assert total(jnp.ones(3)) == 3.0
    assert Counting.uploads == 1
    assert current_engine() is default


def test_the_engine_is_reset_after_an_error():
    default = current_engine()
    with pytest.raises(KeyError), use_engine(Embedded()):
        raise KeyError
    assert current_engine() is default
