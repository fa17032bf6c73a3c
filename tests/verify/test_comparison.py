"""`fadc verify` of one result among several, and of the plans of mixed mode, in this process."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from fadc import pipeline
from fadc.derive.request import Request
from fadc.errors import UsageError
from fadc.project.files import SourceFile
from fadc.verify.comparison import Comparison, Verified, table, verify

SOURCE = """\
from jaxtyping import Array, Float

import fadc as fed

Scalar = fed.Server[Float[Array, ""]]


@fed.computation
def several(w: Scalar, x: fed.Clients[Float[Array, ""]]) -> RESULT:
    w = w * 3
    losses = fed.map(lambda w, x: (w * x) ** 2, fed.broadcast(w), x)
    loss = fed.sum(losses)
    return DISPLAY
"""
TUPLE = SOURCE.replace("RESULT", "tuple[Scalar, Scalar, fed.Clients]").replace(
    "DISPLAY", "w, loss, losses"
)
DICT = SOURCE.replace("RESULT", "dict[str, Scalar]").replace(
    "DISPLAY", '{"w": w, "loss": loss, "other": w * 2}'
)


def verified(source: str, request: Request) -> Verified:
    """The program's derivative, run with three clients."""
    file = SourceFile("several.py", source, "\n", "utf-8", source.encode())
    return verify(Comparison(file, replace(request, wrt=("w",)), (3,)))


@pytest.mark.parametrize("mode", ["forward", "reverse", "mixed"])
@pytest.mark.parametrize(
    ("source", "results"),
    [(TUPLE, ("loss", "0", "losses", None)), (DICT, ("w", "loss", None))],
    ids=["tuple", "dict"],
)
def test_one_result_of_several(source: str, results: tuple[str | None, ...], mode: str) -> None:
    for result in results:
        done = verified(source, Request(mode, result=result))
        assert done.agrees, (result, done)


@pytest.mark.parametrize("choice", ["jacobian", "pullback", "pushforward"])
def test_the_plans_of_mixed_mode(choice: str) -> None:
    request = Request("mixed", result="loss", accumulate=(("all", choice),))
    assert verified(TUPLE, request).agrees


def test_results_beside_it_are_compared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another value of a result that is not differentiated is an error."""
    transform = pipeline.transform

    def spoilt(*words: object, **options: object) -> object:
        done = transform(*words, **options)
        text = done.text.replace("(w, losses)", "(w * 2, losses)")
        assert text != done.text
        return replace(done, text=text)

    monkeypatch.setattr(pipeline, "transform", spoilt)
    assert not verified(TUPLE, Request("reverse", result="loss")).agrees


def test_a_result_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="`several` has no result `no`; it has w, loss, losses"):
        verified(TUPLE, Request("reverse", result="no"))


LOW_PRECISION = """\
import jax
import jax.numpy as jnp

import fadc as fed


@jax.custom_vjp
def narrowed_cotangent(v):
    return v


def narrow_forward(v):
    return v, None


def narrow_backward(_, v_bar):
    return (v_bar.astype(jnp.DTYPE).astype(v_bar.dtype),)


narrowed_cotangent.defvjp(narrow_forward, narrow_backward)


def change(w, x):
    return BODY


@fed.computation
def rounds(w: fed.Server, x: fed.Clients) -> fed.Server:
    for _ in range(3):
        w = w - fed.mean(fed.map(change, fed.broadcast(w), x))
    return jnp.sum(w * w)
"""
INPUTS = """\
import jax.numpy as jnp


def inputs(clients):
    numbers = jnp.linspace(1.0, 2.0, 4 * clients + 4).reshape(clients + 1, 4).astype("DTYPE")
    return {"w": numbers[0], "x": numbers[1:]}
"""
BODIES = {
    "inputs": "0.1 * (w - x) * jnp.cos(w)",
    "within": "jax.jit(lambda v: v * jnp.cos(v))((w - x).astype(jnp.DTYPE)).astype(w.dtype)",
    "cotangents": "jnp.cos(narrowed_cotangent(w - x) * x)",
}


@pytest.fixture
def low_precision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Verified]:
    """Verifies a program whose inputs, values within a function, or cotangents are of a dtype."""

    def verified_at(where: str, dtype: str, mode: str = "reverse") -> Verified:
        name = f"inputs_{where}_{dtype}_{mode}"
        given = INPUTS.replace("DTYPE", dtype if where == "inputs" else "float64")
        (tmp_path / f"{name}.py").write_text(given)
        monkeypatch.chdir(tmp_path)
        source = LOW_PRECISION.replace("BODY", BODIES[where]).replace("DTYPE", dtype)
        file = SourceFile("rounds.py", source, "\n", "utf-8", source.encode())
        return verify(Comparison(file, Request(mode), (3,), inputs=f"{name}:inputs"))

    return verified_at


@pytest.mark.parametrize(
    ("where", "dtype", "mode"),
    [
        ("inputs", "float32", "reverse"),
        ("inputs", "bfloat16", "reverse"),
        ("inputs", "bfloat16", "forward"),
        ("within", "float16", "reverse"),
        ("within", "float32", "forward"),
        ("cotangents", "bfloat16", "reverse"),
    ],
)
def test_tolerances_follow_the_dtypes_that_values_pass_through(
    where: str, dtype: str, mode: str, low_precision: Callable[..., Verified]
) -> None:
    done = low_precision(where, dtype, mode)
    assert done.agrees, done
    assert done.errors[0].dtypes[0] == dtype
    assert f" for {dtype}" in table(done)


def test_without_a_forward_mode_there_is_no_dot_product(
    low_precision: Callable[..., Verified],
) -> None:
    """JAX has no pushforward of `jax.custom_vjp` to hold the derivative against."""
    done = low_precision("cotangents", "float64")
    assert done.agrees and done.errors[0].dot_product is None


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_wrong_derivative_is_found_in_low_precision(
    dtype: str, low_precision: Callable[..., Verified], monkeypatch: pytest.MonkeyPatch
) -> None:
    transform = pipeline.transform

    def spoilt(*words: object, **options: object) -> object:
        done = transform(*words, **options)
        text = done.text.replace("(w_bar, x_bar)", "(2 * w_bar, x_bar)")
        assert text != done.text
        return replace(done, text=text)

    monkeypatch.setattr(pipeline, "transform", spoilt)
    done = low_precision("inputs", dtype)
    assert not done.agrees and done.errors[0].value <= 1e-4
    assert "DISAGREES" in table(done)


@pytest.mark.parametrize("mode", ["forward", "reverse", "mixed"])
def test_a_whole_number_for_a_float(
    mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both sides take it as the float that it is annotated to be."""
    given = (
        "import numpy as np\n\n\ndef make(clients):\n    return {'w': 2, 'x': np.ones(clients)}\n"
    )
    (tmp_path / "whole_inputs.py").write_text(given, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    text = (
        "from jaxtyping import Array, Float\nimport fadc as fed\n\n\n@fed.computation\n"
        'def f(w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]])'
        ' -> fed.Server[Float[Array, ""]]:\n    return fed.mean(x) * w**3\n'
    )
    file = SourceFile("whole.py", text, "\n", "utf-8", text.encode())
    for wrt in (("w",), None):
        request = Request(mode, "f", wrt=wrt)
        assert verify(Comparison(file, request, (3,), inputs="whole_inputs:make")).agrees
