"""Whole numbers for arguments that are annotated as floats."""

import importlib.util
import linecache
from pathlib import Path
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Array, Bool, Float, Float32, Inexact, Int, PyTree

import fadc
import fadc as fed
from fadc.language.annotations import signature
from fadc.language.floats import floats_of, with_floats

SCALAR = Float[Array, ""]
WHOLE = np.arange(3)

CASES: dict[str, tuple[Any, Any, Any]] = {
    "a number": (fed.Server[SCALAR], 1, 1.0),
    "a truth value": (fed.Server[SCALAR], True, 1.0),
    "NumPy's number": (fed.Server[SCALAR], np.int64(2), 2.0),
    "Python's type": (fed.Server[float], 2, 2.0),
    "a narrow one": (fed.Server[Float32[Array, ""]], np.asarray(2), np.float32(2.0)),
    "inexact": (fed.Server[Inexact[Array, ""]], 3, 3.0),
    "optional": (fed.Server[SCALAR | None], 3, 3.0),
    "a dict": (fed.Server[dict[str, SCALAR]], {"a": 1, "b": 0.5}, {"a": 1.0, "b": 0.5}),
    "a pair": (fed.Server[tuple[SCALAR, Int[Array, ""]]], (1, 1), (1.0, 1)),
    "a list": (fed.Server[list[SCALAR]], [1, 2.0], [1.0, 2.0]),
    "a tree": (fed.Server[PyTree[SCALAR]], {"a": [1]}, {"a": [1.0]}),
    "placements inside": (tuple[fed.Server[SCALAR], fed.Server[int]], (1, 1), (1.0, 1)),
    "quotes": ("fed.Server['SCALAR']", 1, 1.0),
}
LEFT: dict[str, tuple[Any, Any]] = {
    "a float": (fed.Server[SCALAR], 0.5),
    "an array": (fed.Server[Float[Array, "d"]], WHOLE),
    "indices of clients": (fed.Clients[Float[Array, "n"]], WHOLE[None]),
    "an integer": (fed.Server[Int[Array, "d"]], WHOLE),
    "a truth value": (fed.Server[Bool[Array, "d"]], WHOLE > 1),
    "either": (fed.Server[Int[Array, "d"] | Float[Array, "d"]], WHOLE),
    "any tree": (fed.Server[PyTree], {"step": 1, "w": 0.5}),
    "bare": (fed.Server, 1),
    "static": (float, 1),
    "nothing": (fed.Server[SCALAR | None], None),
    "a zero cotangent": (fed.Server[SCALAR], np.zeros((), jax.dtypes.float0)),
}


def given(annotation: Any, value: Any) -> Any:
    def function(argument: Any) -> Any:
        return argument

    function.__annotations__["argument"] = annotation
    bound = signature(function).bind(value)
    changed = with_floats(bound)
    found = bound.arguments["argument"]
    assert changed == (found is not value)
    return found


@pytest.mark.parametrize(("annotation", "value", "wanted"), CASES.values(), ids=CASES.keys())
def test_whole_numbers_are_floats(annotation: Any, value: Any, wanted: Any) -> None:
    found = given(annotation, value)
    assert jax.tree.structure(found) == jax.tree.structure(wanted)
    for got, leaf in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        assert jnp.result_type(got) == jnp.result_type(leaf)
        assert isinstance(got, int) == isinstance(leaf, int)
        assert np.array_equal(got, leaf)


@pytest.mark.parametrize(("annotation", "value"), LEFT.values(), ids=LEFT.keys())
def test_everything_else_is_left_alone(annotation: Any, value: Any) -> None:
    assert given(annotation, value) is value


def test_arguments_by_name() -> None:
    def function(rate: fed.Server[float], rounds: int) -> None: ...

    found = floats_of(signature(function), {"rate": 1, "rounds": 2, "unknown": 3})
    assert found == {"rate": 1.0, "rounds": 2, "unknown": 3}
    assert isinstance(found["rate"], float)


# In every way of differentiating ----------------------------------------------------------------

PROGRAM = """
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def change(w, x):
    return w - x


@fed.computation
def loss(
    w: fed.Server[Float[Array, "d"]],
    rate: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "d"]],
) -> fed.Server[Float[Array, ""]]:
    w = w - rate * fed.mean(fed.map(change, fed.broadcast(w), x))
    return jnp.sum(w**3)
"""
BARE = PROGRAM.replace('rate: fed.Server[Float[Array, ""]]', "rate: fed.Server")

W, X = jnp.linspace(0.5, 1.0, 3), jnp.linspace(0.0, 2.0, 6).reshape(2, 3)
ONES = [1, True, np.int32(1), np.asarray(1), jnp.asarray(1)]
KINDS = ["int", "bool", "numpy", "array", "jax"]


def module(text: str) -> ModuleType:
    found = ModuleType("floats")
    found.__file__ = name = f"<floats {len(linecache.cache)}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name, "exec", dont_inherit=True), vars(found))  # noqa: S102
    return found


@pytest.mark.parametrize("one", ONES, ids=KINDS)
@pytest.mark.parametrize("jit", [False, True])
def test_functions(one: Any, jit: bool) -> None:
    loss = module(PROGRAM).loss
    wrap = jax.jit if jit else lambda function: function
    value, slope = jax.value_and_grad(lambda rate: loss(W, rate, X))(1.0)
    for found in (
        wrap(fadc.value_and_grad(loss, wrt="rate"))(W, one, X),
        wrap(fadc.vjp(loss, wrt="rate"))(W, one, X, out_bar=1),
    ):
        assert np.allclose(found[0], value)
        assert np.allclose(found[1][0], slope)
    assert np.allclose(wrap(fadc.jvp(loss, wrt="rate"))(W, one, X, rate_dot=one)[1], slope)
    assert np.allclose(wrap(loss)(W, one, X), value)


@pytest.mark.parametrize("mode", ["forward", "reverse", "mixed"])
def test_emitted_files(mode: str, tmp_path: Path) -> None:
    loss = module(PROGRAM).loss
    slope = jax.grad(lambda rate: loss(W, rate, X))(1.0)
    file = tmp_path / "emitted.py"
    file.write_text(fadc.transform(PROGRAM, mode=mode, wrt="rate").text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("emitted_floats", file)
    assert spec is not None
    assert spec.loader is not None
    emitted = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(emitted)
    if mode == "forward":
        found = emitted.loss_jvp(W, 1, X, rate_dot=1)[1]
    else:
        found = emitted.loss_vjp(W, 1, X, out_bar=1)[1][0]
        assert np.allclose(emitted.loss_value_and_grad(W, 1, X)[1][0], slope)
    assert np.allclose(found, slope)


def test_an_integer_without_such_an_annotation_is_a_type_error_as_in_jax() -> None:
    loss = module(BARE).loss
    with pytest.raises(TypeError, match=r"loss_value_and_grad.*integers only"):
        fadc.value_and_grad(loss, wrt="w,rate")(W, 1, X)
    with pytest.raises(TypeError):
        jax.value_and_grad(lambda rate: loss(W, rate, X))(1)
    assert np.isfinite(fadc.value_and_grad(loss, wrt="w,rate")(W, 1.0, X)[1][1])


def test_integer_leaves_beside_floats_are_allowed() -> None:
    text = BARE.replace("rate *", 'rate["rate"] ** rate["power"] *')
    loss = module(text).loss
    _, (bar,) = fadc.value_and_grad(loss, wrt="rate")(W, {"rate": 0.5, "power": 2}, X)
    assert bar["power"].dtype == jax.dtypes.float0
    assert np.isfinite(bar["rate"])
