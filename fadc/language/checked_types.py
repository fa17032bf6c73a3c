"""The types for run-time checkers: those of the values passed for placed parameters.

At the clients, every array has one more axis in front, with one entry per client. And since the
derivatives of a value have its annotation, too, a type admits more than is annotated: for integers
and keys also zeros of JAX's type `float0`, for Python's numbers and NumPy's arrays also JAX's. An
array at the clients may be a `ClientArray`, about which nothing more is checked.
"""

import types
import typing
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union

import jax
import numpy as np
from jaxtyping import AbstractArray, AbstractDtype, Bool, Inexact, Integer, PyTree

from fadc.engines.client_arrays import ClientArray

AXIS = "fed_clients"
"""The name of that axis: it has one length in a call, whatever a program calls its dimensions."""

_NUMBERS: dict[Any, Any] = {bool: Bool, int: Integer, float: Inexact, complex: Inexact}
_ARRAYS: tuple[Any, ...] = (jax.Array, np.ndarray)
_REAL = ("float", "bfloat", "complex")


class Float0(AbstractDtype):
    """The dtype of zeros that stand for derivatives of integers."""

    dtypes = [str(jax.dtypes.float0)]  # noqa: RUF012  It is jaxtyping's attribute.


def checked_type(annotation: Any, at_clients: bool) -> Any:
    """The type of a value passed for an `annotation` at the server or at the clients.

    Before: `dict[str, Float[Array, "d"]]`
    After:  `dict[str, Float[Array, "fed_clients d"]]`, at the clients
    """
    if typing.get_origin(annotation) is not None:
        return _generic(annotation, at_clients)
    if isinstance(annotation, str | typing.ForwardRef | typing.TypeVar):
        return Any
    if annotation is None or annotation is types.NoneType:
        return None
    if annotation in _ARRAYS:
        return Union[(*_ARRAYS, ClientArray)] if at_clients else Union[_ARRAYS]
    if annotation in _NUMBERS:
        array = _array(_NUMBERS[annotation][jax.Array, ""], at_clients)
        return array if at_clients else Union[annotation, array]
    if isinstance(annotation, type) and issubclass(annotation, AbstractArray):
        return _array(annotation, at_clients)
    if isinstance(annotation, type) and issubclass(annotation, PyTree):
        return _tree(annotation, at_clients)
    if isinstance(annotation, type) and issubclass(annotation, AbstractDtype):
        return Any
    # What a value is at one client says too little of what it is at all of them.
    return Any if at_clients else annotation


def _generic(annotation: Any, at_clients: bool) -> Any:
    """The same for unions and containers, part by part."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return checked_type(args[0], at_clients)
    known = 1 if origin in (dict, Mapping) else 0  # The keys are not placed.
    parts = (a if a is ... else checked_type(a, at_clients) for a in args[known:])
    if origin in (Union, types.UnionType):
        return Union[tuple(parts)]
    if origin in (dict, list, tuple, Mapping, Sequence):
        return origin[(*args[:known], *parts)]
    return Any if at_clients else annotation


def _array(annotation: Any, at_clients: bool) -> Any:
    """`Float[Array, "d"]`, with the clients axis if there is one, also for JAX's arrays."""
    dims = f"{AXIS} {annotation.dim_str}".strip() if at_clients else annotation.dim_str
    kinds = annotation.array_type
    found = annotation.dtype[kinds if kinds is Any else Union[kinds, jax.Array], dims]
    dtypes = annotation.dtypes if isinstance(annotation.dtypes, tuple | list) else [""]
    real = all(isinstance(each, str) and each.startswith(_REAL) for each in dtypes)
    zeros = [] if real else [Float0[Union[_ARRAYS], dims]]
    return Union[(found, *zeros, *([ClientArray] if at_clients else []))]


def _tree(annotation: Any, at_clients: bool) -> Any:
    """`PyTree[T]` and `PyTree[T, "structure"]`, leaf by leaf; `PyTree` admits anything."""
    if not hasattr(annotation, "leaftype"):
        return annotation
    leaf = checked_type(annotation.leaftype, at_clients)
    return PyTree[leaf] if annotation.structure is None else PyTree[leaf, annotation.structure]
