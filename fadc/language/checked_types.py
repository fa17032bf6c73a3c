"""What run-time type checkers are told of a placed value: the type of what is passed for it.

At the clients, every array has an axis in front of its own, with one entry per client. And where a
type admits integers or keys, their tangents and cotangents are admitted, too: in derivatives they
stand under the same annotation, and JAX gives them a type of their own, `float0`.
"""

import types
import typing
from typing import Annotated, Any, Union

import jax
import numpy as np
from jaxtyping import AbstractArray, AbstractDtype, PyTree

AXIS = "fed_clients"
"""The name of that axis: it has one length in a call, whatever a program calls its dimensions."""

_REAL = ("float", "bfloat", "complex")


class Float0(AbstractDtype):
    """The dtype of zeros that stand for derivatives of integers."""

    dtypes = [str(jax.dtypes.float0)]  # noqa: RUF012  It is jaxtyping's attribute.


def checked_type(annotation: Any, at_clients: bool) -> Any:
    """The type of what is passed for one `annotation` at the server, or for one per client.

    Before: `dict[str, Float[Array, "d"]]`
    After:  `dict[str, Float[Array, "fed_clients d"]]`, at the clients
    """
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, AbstractArray):
        return _array(annotation, at_clients)
    if isinstance(annotation, type) and issubclass(annotation, PyTree):
        return _tree(annotation, at_clients)
    if origin in (Union, types.UnionType):
        return Union[tuple(checked_type(arg, at_clients) for arg in args)]
    if origin is Annotated:
        return checked_type(args[0], at_clients)
    if origin is dict and len(args) == 2:
        return dict[args[0], checked_type(args[1], at_clients)]
    if origin in (tuple, list):
        return origin[tuple(a if a is ... else checked_type(a, at_clients) for a in args)]
    if at_clients and annotation not in (None, types.NoneType, jax.Array):
        return Any  # What it is at one client says too little of what it is at all.
    return annotation


def _array(annotation: Any, at_clients: bool) -> Any:
    found = annotation.dtype[annotation, AXIS] if at_clients else annotation
    dtypes = found.dtypes if isinstance(found.dtypes, tuple | list) else [""]
    if all(isinstance(each, str) and each.startswith(_REAL) for each in dtypes):
        return found
    return Union[found, Float0[jax.Array | np.ndarray, found.dim_str]]


def _tree(annotation: Any, at_clients: bool) -> Any:
    """`PyTree[T]` and `PyTree[T, "structure"]`, leaf by leaf; `PyTree` admits anything."""
    if not hasattr(annotation, "leaftype"):
        return annotation
    leaf = checked_type(annotation.leaftype, at_clients)
    return PyTree[leaf] if annotation.structure is None else PyTree[leaf, annotation.structure]
