"""pull: fitting a cotangent to its output, under all of JAX's transformations."""

from collections import namedtuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fadc as fed

FLOAT0 = jax.dtypes.float0
Out = namedtuple("Out", "loss metrics")


def outputs(w, k):
    """A loss, and metrics of several dtypes."""
    single = w.astype(jnp.float32)
    return Out(jnp.sin(w).sum(), {"single": single * single, "count": k + 1, "zero": w[0] ** 3})


W, K = jnp.arange(1.0, 4.0), jnp.arange(3)
VALUE, PULLBACK = jax.vjp(outputs, W, K)


def exact(loss_bar, single_bar, zero_bar):
    """The cotangent with the very structure and dtypes that JAX asks for."""
    single_bar = jnp.broadcast_to(jnp.float32(single_bar), 3)
    count_bar = np.zeros(3, FLOAT0)
    metrics = {"single": single_bar, "count": count_bar, "zero": jnp.float64(zero_bar)}
    return PULLBACK(Out(jnp.float64(loss_bar), metrics))[0]


def metrics_bar(single, count, zero):
    return {"single": single, "count": count, "zero": zero}


SINGLE = jnp.full(3, 2.0)


@pytest.mark.parametrize(
    ("v_bar", "expected"),
    [
        (Out(1.0, metrics_bar(SINGLE, np.zeros(3, FLOAT0), 3.0)), exact(1, 2, 3)),
        (Out(1, metrics_bar(SINGLE, jnp.ones(3), 3)), exact(1, 2, 3)),
        (Out(np.float32(1), metrics_bar(np.full(3, 2), None, jnp.int32(3))), exact(1, 2, 3)),
        ([1.0, metrics_bar(SINGLE, None, None)], exact(1, 2, 0)),
        ((1.0, [None, SINGLE, 3.0]), exact(1, 2, 3)),
        ((1.0, None), exact(1, 0, 0)),
        ((None, metrics_bar(None, None, 3.0)), exact(0, 0, 3)),
        ((np.zeros((), FLOAT0), metrics_bar(SINGLE, None, None)), exact(0, 2, 0)),
        (None, exact(0, 0, 0)),
    ],
    ids=str,
)
def test_cotangents_are_fitted_to_the_output(v_bar, expected):
    w_bar, k_bar = fed.pull(PULLBACK, v_bar)
    assert np.allclose(w_bar, expected)
    assert w_bar.dtype == jnp.float64
    assert k_bar.dtype == FLOAT0
    assert k_bar.shape == (3,)


@pytest.mark.parametrize(
    "v_bar",
    [(1.0,), (1.0, {"single": SINGLE, "count": None}), {"loss": 1.0, "metrics": None, "x": 1.0}],
)
def test_other_structures_are_refused(v_bar):
    with pytest.raises(ValueError, match="the structures do not match"):
        fed.pull(PULLBACK, v_bar)


def test_dict_keys_must_agree():
    with pytest.raises(ValueError, match="the structures do not match"):
        fed.pull(PULLBACK, (1.0, {"a": None, "b": None, "c": None}))
    _, pullback = jax.vjp(lambda w: {"a": w, "b": w}, 1.0)
    with pytest.raises(ValueError, match="the structures do not match"):
        fed.pull(pullback, {"a": 1.0, "c": 1.0})


def test_other_shapes_are_left_to_jax_to_refuse():
    with pytest.raises(ValueError, match=r"got float64\[2\], but expected float64\[\]"):
        fed.pull(PULLBACK, (jnp.ones(2), None))
    with pytest.raises(ValueError, match="complex"):
        fed.pull(PULLBACK, (1.0j, None))


def test_real_cotangents_of_complex_outputs_are_cast():
    _, pullback = jax.vjp(lambda w: w * (1 + 2j), 3.0)
    assert np.allclose(fed.pull(pullback, 1.0)[0], 1.0)


def test_a_single_leaf_may_be_boxed():
    _, pullback = jax.vjp(jnp.sin, 0.0)
    assert fed.pull(pullback, [1.0]) == fed.pull(pullback, 1.0) == (1.0,)


def test_constant_and_empty_outputs():
    _, pullback = jax.vjp(lambda w: (3, None, (), 2.0, w), 1.0)
    assert fed.pull(pullback, (None, None, (), 7, 5)) == (5.0,)
    assert fed.pull(pullback, None) == (0.0,)


def test_any_other_callable_takes_its_cotangent_as_it_comes():
    assert fed.pull(lambda v_bar: (2 * v_bar,), 3.0) == (6.0,)
    partial = jax.tree_util.Partial(lambda c, v_bar: (c * v_bar,), 2.0)
    assert fed.pull(partial, 3.0) == (6.0,)


def test_pullbacks_survive_jit_vmap_and_flattening():
    _, jitted = jax.jit(lambda w: jax.vjp(outputs, w, K))(W)
    leaves, tree = jax.tree.flatten(PULLBACK)
    for pullback in (jitted, tree.unflatten(leaves)):
        assert np.allclose(jax.jit(fed.pull)(pullback, [1, None])[0], exact(1, 0, 0))
    _, batched = jax.vmap(lambda w: jax.vjp(outputs, w, K))(jnp.stack([W, W]))
    w_bars, k_bars = jax.vmap(lambda p, v: fed.pull(p, (v, None)))(batched, jnp.array([1, 2]))
    assert np.allclose(w_bars, jnp.stack([exact(1, 0, 0), exact(2, 0, 0)]))
    assert k_bars.dtype == FLOAT0


def test_nothing_is_added_where_nothing_is_to_be_cast():
    def f(w):
        return jnp.sin(w).sum(), w * 2

    _, pullback = jax.vjp(f, W)
    v_bar = (jnp.float64(1), jnp.ones(3))
    by_pull = jax.make_jaxpr(lambda p, v: fed.pull(p, v))(pullback, v_bar)
    assert str(by_pull) == str(jax.make_jaxpr(lambda p, v: p(v))(pullback, v_bar))


def test_no_cotangent_costs_no_work():
    _, pullback = jax.vjp(lambda w: (w.sum(), w @ jnp.ones((3, 3))), W)
    jaxpr = jax.make_jaxpr(lambda p: fed.pull(p, (1.0, None)))(pullback)
    assert "dot_general" not in str(jaxpr)


def test_second_order_reverse():
    """Transposing the reverse sweep equals `jax.vjp` of the gradient."""

    def gradient(w, c):
        _, pullback = jax.vjp(lambda w: (jnp.sin(w * c).sum(), w), w)
        return fed.pull(pullback, [c, None])[0]

    def by_jax(w, c):
        return c * jax.grad(lambda w: jnp.sin(w * c).sum())(w)

    for a, b in zip(jax.vjp(gradient, W, 2.0)[1](W), jax.vjp(by_jax, W, 2.0)[1](W), strict=True):
        assert np.allclose(a, b)
    for a, b in zip(
        jax.jvp(gradient, (W, 2.0), (W, 1.0)), jax.jvp(by_jax, (W, 2.0), (W, 1.0)), strict=True
    ):
        assert np.allclose(a, b)


def test_second_order_by_hand_as_emitted_programs_do():
    """Reverse over reverse: the pullback is an intermediate value with a cotangent of its own."""

    def with_pullback(w):
        return jax.vjp(lambda w: jnp.sum(jnp.exp(w) * jnp.roll(w, 1)), w)

    (_, pullback), with_pullback_pullback = jax.vjp(with_pullback, W)
    _, pull_pullback = jax.vjp(fed.pull, pullback, jnp.float64(1))
    pullback_bar, _ = fed.pull(pull_pullback, [W])
    (w_bar,) = fed.pull(with_pullback_pullback, (None, pullback_bar))
    hessian = jax.hessian(lambda w: jnp.sum(jnp.exp(w) * jnp.roll(w, 1)))(W)
    assert np.allclose(w_bar, hessian @ W)


def test_second_order_forward_by_hand():
    """Forward over reverse: the tangent of a pullback is a pullback."""

    def with_pullback(w):
        return jax.vjp(lambda w: jnp.sum(jnp.exp(w) * jnp.roll(w, 1)), w)

    (_, pullback), (_, pullback_dot) = jax.jvp(with_pullback, (W,), (W,))
    _, (w_bar_dot,) = jax.jvp(fed.pull, (pullback, 1.0), (pullback_dot, 0.0))
    hessian = jax.hessian(lambda w: jnp.sum(jnp.exp(w) * jnp.roll(w, 1)))(W)
    assert np.allclose(w_bar_dot, hessian @ W)


def stacked(w, x):
    """A scan whose carry and whose stacks are outputs."""

    def body(carry, item):
        return jnp.sin(carry * item), (carry, jnp.cos(carry * item))

    carry, (carries, cosines) = jax.lax.scan(body, w, jnp.stack([x, 2.0 * x]))
    return carry, carries, cosines, 3


@pytest.mark.parametrize("used", [(0,), (1,), (2,), (0, 1), (1, 2), ()])
def test_what_a_scan_stacks_may_have_no_cotangent(used):
    """JAX refuses its own symbolic zeros there."""
    outputs, pullback = jax.vjp(stacked, jnp.arange(1.0, 4.0), jnp.asarray(0.5))
    zeros = [*map(jnp.zeros_like, outputs[:3]), np.zeros((), jax.dtypes.float0)]
    given = [outputs[k] if k in used else None for k in range(4)]
    expected = pullback(tuple(z if g is None else g for g, z in zip(given, zeros, strict=True)))
    for found, known in zip(fed.pull(pullback, tuple(given)), expected, strict=True):
        np.testing.assert_allclose(found, known)
