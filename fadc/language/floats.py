"""Conversion of whole numbers to floats where the annotation is `Float`.

JAX has no derivatives for integers: it gives zeros of type `float0`. So a rate annotated
`fed.Server[Float[Array, ""]]` and passed as `1` would silently have no derivative. Every
computation, derived or not, converts such an argument to a float.
"""

import types
import typing
from collections.abc import Mapping
from inspect import BoundArguments, Parameter, Signature
from typing import Any, Union

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import AbstractArray, PyTree

from fadc.language.placements import placement_of

_REAL = ("float", "bfloat", "complex")


def with_floats(bound: BoundArguments) -> bool:
    """Converts arguments to floats where they are annotated so; whether any has changed."""
    changed = {
        name: given
        for name, value in bound.arguments.items()
        if (given := _placed(bound.signature.parameters[name].annotation, value)) is not value
    }
    bound.arguments.update(changed)
    return bool(changed)


def floats_of(signature: Signature, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The same for arguments given by name; names that are no parameters are left alone."""
    known = signature.parameters
    return {
        name: _placed(known[name].annotation, value) if name in known else value
        for name, value in arguments.items()
    }


def _placed(annotation: Any, value: Any) -> Any:
    """A value, converted to floats where its annotation is a placement of a float type."""
    if annotation is Parameter.empty:
        return value
    placement = placement_of(annotation)
    if placement is not None:
        return _as_floats(placement.type, value)
    return _typed(annotation, value, _placed)


def _as_floats(annotation: Any, value: Any) -> Any:
    """A value of a type, converted to floats where the type has floats."""
    if annotation is float:
        return _float(value, "float")
    if isinstance(annotation, type) and issubclass(annotation, AbstractArray):
        dtypes = annotation.dtypes if isinstance(annotation.dtypes, tuple | list) else [""]
        real = all(isinstance(each, str) and each.startswith(_REAL) for each in dtypes)
        return _float(value, _dtype(dtypes)) if real else value
    if isinstance(annotation, type) and issubclass(annotation, PyTree):
        leaf = getattr(annotation, "leaftype", None)
        return _same(value, jax.tree.map(lambda each: _as_floats(leaf, each), value))
    return _typed(annotation, value, _as_floats)


def _typed(annotation: Any, value: Any, part: Any) -> Any:
    """A composite with `part` applied to its parts; everything else is left alone."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return part(args[0], value)
    if origin in (Union, types.UnionType):
        others = [each for each in args if each is not types.NoneType]
        return part(others[0], value) if len(others) == 1 and value is not None else value
    if origin is dict and type(value) is dict:
        return _same(value, {key: part(args[-1], each) for key, each in value.items()})
    if origin in (list, tuple) and type(value) is origin:
        alike = origin is list or args[-1:] == (Ellipsis,)
        kinds = args[:1] * len(value) if alike else args
        if len(kinds) == len(value):
            return _same(value, origin(map(part, kinds, value)))
    return value


def _same(before: Any, after: Any) -> Any:
    """The original value where no leaf has changed."""
    pairs = zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True)
    return before if all(a is b for a, b in pairs) else after


def _float(value: Any, dtype: str) -> Any:
    """A whole number as a float. Arrays of integers, such as indices, are left alone."""
    if isinstance(value, int | np.integer | np.bool_):
        return float(value)
    if not hasattr(value, "dtype") or getattr(value, "shape", None) != ():
        return value
    whole = jnp.issubdtype(value.dtype, np.integer) or value.dtype == bool
    if not whole:
        return value
    return value * 1.0 if getattr(value, "weak_type", False) else jnp.asarray(value, dtype)


def _dtype(dtypes: typing.Sequence[str]) -> str:
    """JAX's default float dtype if the annotation admits it, else the first that it admits."""
    usual = str(jnp.result_type(float))
    return usual if usual in dtypes else dtypes[0]
