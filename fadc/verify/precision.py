"""Tolerances for comparing results, by the floating-point dtypes of the values."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax
import jax.numpy as jnp

TOLERANCES = {"float64": 1e-9, "float32": 1e-4, "float16": 1e-2, "bfloat16": 5e-2}
"""The allowed differences, relative to 1 + the largest entry: results differ in their last bits."""

_COARSEST = 0.3  # For floats of 8 bits and less, which have two or three significant bits.


def float_dtypes(function: Callable[..., Any], *args: Any) -> tuple[str, ...]:
    """The floating-point dtypes of inputs, outputs and values between, the least precise first.

    Values inside called functions are included; a complex dtype counts as that of its parts.
    """
    closed = jax.make_jaxpr(function)(*args)
    found = {_part(aval.dtype) for aval in _avals(closed.jaxpr) if _is_inexact(aval)}
    return in_order(str(dtype) for dtype in found)


def in_order(dtypes: Iterable[str]) -> tuple[str, ...]:
    """Each dtype once, the least precise first."""
    return tuple(sorted(set(dtypes), key=lambda name: (-float(_finfo(name).eps), name)))


def tolerance(dtypes: Iterable[str]) -> float:
    """The tolerance of the least precise dtype; of float64 if there is none."""
    return max((TOLERANCES.get(name, _COARSEST) for name in dtypes), default=TOLERANCES["float64"])


def _avals(jaxpr: Any) -> Iterator[Any]:
    """The abstract values in a jaxpr and in the jaxprs inside it."""
    atoms = [*jaxpr.invars, *jaxpr.constvars, *jaxpr.outvars]
    for equation in jaxpr.eqns:
        atoms += [*equation.invars, *equation.outvars]
        for value in equation.params.values():
            for each in value if isinstance(value, tuple | list) else (value,):
                inner = getattr(each, "jaxpr", each)
                if hasattr(inner, "eqns"):
                    yield from _avals(inner)
    for atom in atoms:
        yield atom.aval


def _is_inexact(aval: Any) -> bool:
    return hasattr(aval, "dtype") and bool(jnp.issubdtype(aval.dtype, jnp.inexact))


def _part(dtype: Any) -> Any:
    """The dtype of the real part of numbers of a dtype."""
    return _finfo(dtype).dtype


def _finfo(dtype: Any) -> Any:
    return jnp.finfo(dtype)  # type: ignore[no-untyped-call]
