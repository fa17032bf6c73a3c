"""Local functions of emitted programs: leaf by leaf, whatever the leaves and the containers."""

from collections import namedtuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fadc as fed

FLOAT0 = jax.dtypes.float0
Pair = namedtuple("Pair", "a b")


def float0(*shape):
    return np.zeros(shape, FLOAT0)


def same(a, b):
    """Whether two trees agree in structure, dtypes and values, float0 leaves included."""
    return jax.tree.structure(a) == jax.tree.structure(b) and all(
        np.shape(x) == np.shape(y)
        and jnp.result_type(x) == jnp.result_type(y)
        and (jnp.result_type(x) == FLOAT0 or np.array_equal(x, y))
        for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True)
    )


ONES, TWOS = jnp.ones(2), jnp.full(2, 2.0)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (ONES, ONES, TWOS),
        (1.0, 2.0, 3.0),
        ({"w": ONES, "b": (ONES,)}, {"w": ONES, "b": (ONES,)}, {"w": TWOS, "b": (TWOS,)}),
        (None, (ONES, ONES), (ONES, ONES)),
        ((ONES, ONES), None, (ONES, ONES)),
        (None, None, None),
        ((ONES, None), (ONES, {"m": ONES}), (TWOS, {"m": ONES})),
        ((None, {"m": ONES}), (ONES, None), (ONES, {"m": ONES})),
        ((ONES, [ONES]), [ONES, (ONES,)], (TWOS, [TWOS])),
        (Pair(ONES, (ONES, ONES)), (ONES, None), Pair(TWOS, (ONES, ONES))),
        ((ONES, ONES, ONES), [[ONES, ONES], ONES], (TWOS, TWOS, TWOS)),
        (float0(2), float0(2), float0(2)),
        (float0(2), ONES, ONES),
        ((ONES, float0(2)), (float0(2), ONES), (ONES, ONES)),
        ((), (), ()),
    ],
    ids=str,
)
def test_add(a, b, expected):
    assert same(fed.add(a, b), expected)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((ONES, ONES), (ONES,)),
        ({"a": ONES}, {"b": ONES}),
        (({"a": ONES}, ONES), [{"b": ONES}, ONES]),
        (ONES, (ONES, ONES)),
    ],
)
def test_add_refuses_what_does_not_match(a, b):
    with pytest.raises(ValueError, match="the structures do not match"):
        fed.add(a, b)


def test_add_of_pullbacks():
    """Cotangents of a client's pullback are pullbacks, with float0 for integer residuals."""

    def f(w, k):
        return jnp.sin(w)[k] * w

    _, pullback = jax.vjp(lambda w: f(w, jnp.arange(2)), ONES)
    _, pull_back = jax.vjp(fed.pull, pullback, ONES)
    pullback_bar, _ = pull_back((ONES,))
    leaves = jax.tree.leaves(pullback_bar)
    assert any(leaf.dtype == FLOAT0 for leaf in leaves)
    twice = fed.add(pullback_bar, pullback_bar)
    assert same(twice, fed.scale(2.0, pullback_bar))
    assert type(twice) is type(pullback)


def test_add_and_scale_work_under_jit_grad_and_vmap():
    def f(c, a):
        total = fed.add(fed.scale(c, a), (a[0], float0(2)))
        return total[0].sum()

    a = (ONES, float0(2))
    assert jax.jit(f)(3.0, a) == 8.0
    assert jax.grad(f)(3.0, a) == 2.0
    assert same(jax.vmap(f, in_axes=(0, None))(jnp.arange(2.0), a), jnp.array([2.0, 4.0]))


@pytest.mark.parametrize("c", [2, 2.0, jnp.float32(2), jnp.int32(2)], ids=repr)
def test_scale_keeps_the_dtype_of_narrow_floats(c):
    a = {"f": jnp.ones(2, jnp.float32), "z": float0(3), "n": None}
    expected = {"f": jnp.full(2, 2, jnp.float32), "z": float0(3), "n": None}
    assert same(fed.scale(c, a), expected)


def test_scale_promotes_like_multiplication():
    assert same(fed.scale(jnp.float64(2), jnp.ones(2, jnp.float32)), TWOS)
    assert same(fed.scale(0.5, jnp.array([2, 4])), jnp.array([1.0, 2.0]))
    assert same(fed.scale(2, (1.5, [jnp.array(3)])), (3.0, [jnp.array(6)]))


@pytest.mark.parametrize(
    ("v_bar", "v_dot", "expected"),
    [
        (jnp.array([1.0, 2.0]), jnp.array([3.0, 5.0]), 13.0),
        ({"a": jnp.eye(2), "b": 2.0}, {"a": jnp.ones((2, 2)), "b": -1.5}, -1.0),
        ([jnp.array(2.0), jnp.array(3.0)], (jnp.array(5.0), jnp.array(7.0)), 31.0),
        ((float0(3), jnp.array(2.0)), (float0(3), jnp.array(4.0)), 8.0),
        (float0(), float0(), 0.0),
    ],
)
def test_vdot(v_bar, v_dot, expected):
    """Of arrays, of any containers, and of integers, which have none."""
    assert fed.vdot(v_bar, v_dot) == expected


def test_vdot_of_different_structures():
    with pytest.raises(ValueError, match="zip"):
        fed.vdot((1.0, 2.0), (1.0,))


def counted(state, w):
    return {"n": state["n"] + 1, "m": state["m"] * w.sum()}


def test_tangents_along_a_basis_are_columns_of_the_jacobian():
    """Integers among the leaves have float0 tangents in the stack, too."""
    state, w = {"n": jnp.arange(3), "m": jnp.array([1.0, 2.0, 3.0])}, jnp.array([5.0, 7.0])
    basis = fed.basis(w)
    zeros = fed.zeros_along(basis, state)
    assert same(zeros, {"n": float0(2, 3), "m": jnp.zeros((2, 3))})
    out, dots = fed.push(counted, (state, w), (zeros, basis))
    assert same(out, counted(state, w))
    assert same(dots["m"], jax.jacobian(lambda w: counted(state, w)["m"])(w).T)
    assert dots["n"].dtype == FLOAT0


def test_a_basis_has_the_dtype_of_its_vector():
    assert same(fed.basis(jnp.zeros(2, jnp.float16)), jnp.eye(2, dtype=jnp.float16))


def test_zeros_like():
    value = {
        "f": jnp.ones(2, jnp.float32),
        "c": jnp.ones(2, jnp.complex64),
        "i": jnp.arange(3),
        "b": np.ones((1, 2), bool),
        "k": jax.random.split(jax.random.key(0), 4),
        "x": 1.5,
        "n": 3,
        "z": float0(5),
        "none": None,
    }
    expected = {
        "f": jnp.zeros(2, jnp.float32),
        "c": jnp.zeros(2, jnp.complex64),
        "i": float0(3),
        "b": float0(1, 2),
        "k": float0(4),
        "x": jnp.zeros(()),
        "n": float0(),
        "z": float0(5),
        "none": None,
    }
    assert same(fed.zeros_like(value), expected)


def test_zeros_like_gives_tangents_that_jax_accepts():
    primals = (jnp.ones(2), jnp.arange(2), 1.5, 3)
    tangents = fed.zeros_like(primals)
    out, out_dot = jax.jvp(lambda x, k, c, n: (x[k] * c).sum() * n, primals, tangents)
    assert (out, out_dot) == (9.0, 0.0)
