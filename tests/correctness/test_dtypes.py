"""Values, and derivatives, have the dtypes that JAX gives them: a table of primitives by dtypes by modes.

Each primitive stands in a tiny program. What is emitted must return the program's own value, bit for bit
and in its dtype, and derivatives in the dtypes of JAX's.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.dtypes import float0

import fadc
from fadc.syntax.source import names
from fadc.verify.directions import direction

from . import harness

HEAD = """\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def product(w, x):
    return w * x


def energy(w, x):
    return jnp.real(jnp.sum(w * x * x))


def change(w, x):
    return ((w - x) * x).astype(jnp.result_type(w))


@fed.computation
def half(w: fed.Server, x: fed.Clients) -> fed.Server:
    return fed.mean(fed.map(product, fed.broadcast(w), x))
"""

RESULTS = {
    "broadcast": "fed.broadcast(w)",
    "map": "fed.map(product, x, n)",
    "sum": "fed.sum(x)",
    "mean": "fed.mean(x)",
    "mean_of_products": "fed.mean(fed.map(product, fed.broadcast(w), x))",
    "sum_of_energies": "fed.sum(fed.map(energy, fed.broadcast(w), x))",
    "mean_of_energies": "fed.mean(fed.map(energy, fed.broadcast(w), x))",
    "weighted_mean": "fed.weighted_mean(x, n)",
    "weighted_mean_of_products": "fed.weighted_mean(fed.map(product, fed.broadcast(w), x), n)",
    "weighted_mean_of_pairs": "fed.weighted_mean((x, fed.map(product, fed.broadcast(w), x)), n)",
    "message_of_two": "fed.mean((x, fed.map(product, fed.broadcast(w), n)))",
    "there_and_back": "fed.mean(fed.map(product, fed.broadcast(fed.mean(x)), n))",
    "added_up": "w * w + fed.mean(fed.map(product, fed.broadcast(w), x))",
    "over_clients": "fed.sum(x) / fed.num_clients()",
    "times_clients": "fed.num_clients() * fed.mean(x)",
    "called": "half(half(w, x), n)",
}
"""The programs of one line, of `w` at the server, and `x` and `n` at the clients."""

LOOP = """\
    sent = []
    for _ in range(2):
        sent.append(w)
        w = w - fed.weighted_mean(fed.map(change, fed.broadcast(w), x), n)
    return jnp.sum(w * w), sent
"""

SIGNATURE = """

@fed.computation(transpose_broadcast=fed.sum)
def {}(w: fed.Server, x: fed.Clients, n: fed.Clients) -> {}:
"""

PLACES = {
    "broadcast": "fed.Clients",
    "map": "fed.Clients",
    "weighted_mean_of_pairs": "tuple[fed.Server, fed.Server]",
    "message_of_two": "tuple[fed.Server, fed.Server]",
    "loop": "tuple[fed.Server, list[fed.Server]]",
}

DTYPES: dict[str, tuple[str, str, str]] = {
    # The dtypes of w, x and n; those of Python's numbers are weak.
    "float32": ("float32", "float32", "float32"),
    "bfloat16": ("bfloat16", "bfloat16", "bfloat16"),
    "bfloat16_by_int32": ("bfloat16", "bfloat16", "int32"),
    "complex64": ("complex64", "float32", "int32"),
    "weak_float": ("float", "bfloat16", "int32"),
}
MORE_DTYPES: dict[str, tuple[str, str, str]] = {
    "float64": ("float64", "float64", "float64"),
    "float64_by_bfloat16": ("float64", "float64", "bfloat16"),
    "bfloat16_by_float32": ("bfloat16", "bfloat16", "float32"),
    "float32_of_int32": ("float32", "int32", "bool"),
    "float16": ("float16", "float16", "float16"),
    "float16_by_bfloat16": ("float16", "bfloat16", "float16"),
    "float32_by_bool": ("float32", "float32", "bool"),
    "float32_by_float64": ("float32", "float32", "float64"),
    "float32_at_bfloat16": ("float32", "bfloat16", "bfloat16"),
    "bfloat16_of_bool": ("bfloat16", "bool", "int32"),
    "int32": ("int32", "int32", "int32"),
    "real_at_complex": ("float32", "complex64", "float32"),
    "weak_int": ("int", "float16", "float16"),
}

LONGER = ("called", "message_of_two", "sum_of_energies", "weighted_mean_of_products")
"""Programs that only `--slow` runs: parts of them stand in others."""

MODES: dict[str, dict[str, Any]] = {
    "forward": {"mode": "forward"},
    "store": {"mode": "reverse"},
    "mixed": {"mode": "mixed", "accumulate": {"all": "jacobian"}},
}
MORE_MODES: dict[str, dict[str, Any]] = {
    "recompute": {"mode": "reverse", "residuals": "recompute"},
    "rebroadcast": {"mode": "reverse", "residuals": "rebroadcast"},
    "checkpoint": {"mode": "reverse", "checkpoint": 1},
    "pushed": {"mode": "mixed", "accumulate": {"all": "pushforward"}},
}


def source(name: str) -> str:
    """A program's text."""
    body = LOOP if name == "loop" else f"    return {RESULTS[name]}\n"
    return HEAD + SIGNATURE.format(name, PLACES.get(name, "fed.Server")) + body


@functools.cache
def program(name: str) -> Callable[..., Any]:
    return getattr(harness.load(source(name), name), name)


@functools.cache
def emitted(name: str, mode: str) -> tuple[Any, tuple[str, ...]] | None:
    """A derivative by all inputs that the program reads; None where it is refused."""
    options = (MODES | MORE_MODES)[mode]
    wrt = read_by(name)
    result = 0 if name == "loop" else None
    text = source(name)
    if mode == "pushed":  # By vectors at the server alone, which the text has to show.
        wrt = tuple(each for each in wrt if each == "w")
        text = text.replace("w: fed.Server,", 'w: fed.Server[Float[Array, "2"]],')
    if not wrt:
        return None
    done = fadc.transform(text, of=name, wrt=wrt, result=result, **options)
    if harness.errors(done.diagnostics):
        assert mode != "store", done.diagnostics
        return None
    suffix = "jvp" if mode == "forward" else "vjp"
    return getattr(harness.load(done.text, name), f"{name}_{suffix}"), wrt


def read_by(name: str) -> tuple[str, ...]:
    """The inputs that a program reads."""
    found = names.free_names(ast.parse(RESULTS.get(name, "(w, x, n)"), mode="eval").body)
    return tuple(each for each in ("w", "x", "n") if each in found)


def is_asked(mode: str, dtypes: tuple[str, ...]) -> bool:
    """Whether a mode differentiates by inputs of some dtypes.

    A tangent along integers alone is zero. In which dtype, only its mean's pushforward would know.
    """
    real = [name == "float" or jnp.issubdtype(name, jnp.inexact) for name in dtypes]
    return real[0] and dtypes[0] != "float" if mode == "pushed" else any(real) or mode != "forward"


def value_of(dtype: str, shape: tuple[int, ...]) -> Any:
    """Numbers that no dtype of few bits adds up or divides exactly."""
    if dtype in ("float", "int"):
        return {"float": 0.7, "int": 3}[dtype]
    numbers = np.arange(1, 1 + np.prod(shape)).reshape(shape)
    inexact = jnp.issubdtype(dtype, jnp.inexact)
    return jnp.asarray(numbers * 0.37 if inexact else numbers % 5 + 1, dtype)


def arguments(dtypes: tuple[str, str, str]) -> dict[str, Any]:
    w, x, n = dtypes
    return {"w": value_of(w, (2,)), "x": value_of(x, (3, 2)), "n": value_of(n, (3, 1))}


def expected(
    name: str, given: Mapping[str, Any], wrt: tuple[str, ...], mode: str
) -> tuple[tuple[Any, Any], Any, dict[str, Any]]:
    """The program's value and JAX's, JAX's derivative, and the tangents or the cotangent behind it.

    The two values may differ in the last bit: what JAX traces it compiles in another way, `x / 3` above all.
    """

    def of_wrt(*values: Any) -> Any:
        out = program(name)(**{**given, **dict(zip(wrt, values, strict=True))})
        return out[0] if name == "loop" else out

    at, random = tuple(given[each] for each in wrt), np.random.default_rng(0)
    value = of_wrt(*at)
    if mode == "forward":
        dots = tuple(direction(each, random) for each in at)
        seeds = {f"{each}_dot": dot for each, dot in zip(wrt, dots, strict=True)}
        traced, derivative = jax.jvp(of_wrt, at, dots)
        return (value, traced), derivative, seeds
    out_bar = direction(value, random)
    traced, pullback = jax.vjp(of_wrt, *at)
    return (value, traced), pullback(out_bar), {"out_bar": out_bar}


def assert_same(found: Any, value: Any, traced: Any) -> None:
    """The same dtypes, weak ones too, and the bits of either."""
    for a, *either in zip(*map(jax.tree.leaves, (found, value, traced)), strict=True):
        assert jax.typeof(a) == jax.typeof(either[0])
        assert bits(a) in map(bits, either), (a, *either)


def bits(value: Any) -> bytes:
    return np.asarray(value).tobytes()


def assert_like(found: Any, wanted: Any, precision: float) -> None:
    """The same dtypes, and numbers that the given precision cannot tell apart."""
    assert jax.tree.structure(found) == jax.tree.structure(wanted)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(wanted), strict=True):
        assert (jnp.shape(a), a.dtype) == (jnp.shape(b), b.dtype)
        if b.dtype != float0:
            wide = jnp.result_type(b.dtype, jnp.float64)
            difference = jnp.max(jnp.abs(a.astype(wide) - b.astype(wide)))
            assert difference <= 8 * precision * (1 + jnp.max(jnp.abs(b))), (a, b)


def cells() -> list[Any]:
    found = []
    for name in [*RESULTS, "loop"]:
        for dtypes in DTYPES | MORE_DTYPES:
            for mode in MODES | MORE_MODES:
                brief = dtypes in DTYPES and mode in MODES and name not in LONGER
                marks = [] if brief else [pytest.mark.slow]
                found.append(pytest.param(name, dtypes, mode, marks=marks))
    return found


@pytest.mark.parametrize(("name", "dtypes", "mode"), cells())
def test_values_and_derivatives_are_of_jax_s_dtypes(name: str, dtypes: str, mode: str) -> None:
    found = emitted(name, mode)
    given_dtypes = (DTYPES | MORE_DTYPES)[dtypes]
    if found is None or not is_asked(mode, given_dtypes):
        pytest.skip("the mode does not have this program, or not of these dtypes")
    derivative, wrt = found
    given = arguments(given_dtypes)
    values, wanted, seeds = expected(name, given, wrt, mode)
    made, derived, *_ = derivative(**given, **seeds)
    assert_same(made, *values)
    floats = [jnp.result_type(each) for each in jax.tree.leaves((given, values))]
    precision = max(
        (jnp.finfo(each).eps for each in floats if jnp.issubdtype(each, jnp.inexact)), default=0
    )
    assert_like(derived, wanted, float(precision))
