"""Reading the placements of a function's parameters from its annotations.

Annotations may be text (`from __future__ import annotations`, quotes), in whole or in part, and the
text may name what does not exist at run time (imports under `if TYPE_CHECKING:`). Only placements
and the containers around them matter here, so what cannot be resolved is skipped, never an error.

`fadc.syntax.types.annotations` reads the same annotations from the program's text: whatever it
places at the clients must be found here, too.
"""

import inspect
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Any, Union

import jax

from fadc.engines import client_arrays
from fadc.engines.leaves import is_array
from fadc.language.annotation_texts import Globals, type_of_alias, type_of_text
from fadc.language.placements import PLACEMENTS, placement_of

if sys.version_info >= (3, 14):
    import annotationlib

_DEEPEST = 50
"""The largest depth of nested quotes and aliases in annotations."""


def signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of `function` with its annotations evaluated as far as that is possible."""
    inner = inspect.unwrap(function)
    path = getattr(getattr(inner, "__code__", None), "co_filename", "")
    names = Globals(getattr(inner, "__globals__", {}), path)
    unevaluated = _signature(function)
    parameters = [
        parameter.replace(annotation=evaluated(parameter.annotation, names))
        for parameter in unevaluated.parameters.values()
    ]
    return unevaluated.replace(parameters=parameters)


def client_leaves(annotation: Any, value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Each array leaf of `value` that `annotation` places at the clients, with its name.

    `annotation` is as `signature` returns it. The name is the path of the leaf, `batch[0]['x']`.
    """
    placement = placement_of(annotation)
    if placement is not None and placement.name == "Clients":
        for path, leaf in client_arrays.client_leaves(value):
            if is_array(leaf):
                yield name + jax.tree_util.keystr(path), leaf
    elif placement is None:
        for part, key, inner in _parts(annotation, value):
            yield from client_leaves(part, inner, name if key is None else f"{name}[{key!r}]")


def _parts(annotation: Any, value: Any) -> Iterator[tuple[Any, Any, Any]]:
    """The annotation, key and value of each part of a composite; key None for the whole."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, UnionType):
        yield from ((arg, None, value) for arg in args)
    elif origin is typing.Annotated:
        yield args[0], None, value
    elif typing.is_typeddict(annotation) and isinstance(value, Mapping):
        yield from ((part, key, value[key]) for key, part in fields(annotation) if key in value)
    elif origin is dict and isinstance(value, Mapping):
        yield from ((args[-1], key, inner) for key, inner in value.items())
    elif origin in (list, tuple) and isinstance(value, (list, tuple)):
        alike = origin is list or args[-1:] == (Ellipsis,)
        annotations = args[:1] * len(value) if alike else args
        yield from zip(annotations, range(len(value)), value, strict=False)


def fields(annotation: Any) -> Iterator[tuple[str, Any]]:
    """The keys of a `TypedDict`, each with its annotation, evaluated as far as that is possible."""
    names = Globals(vars(sys.modules.get(annotation.__module__, typing)))
    for key, part in annotation.__annotations__.items():
        yield key, evaluated(part, names)


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature, with annotations as text where the language evaluates them lazily."""
    if sys.version_info >= (3, 14):
        return inspect.signature(function, annotation_format=annotationlib.Format.STRING)
    return inspect.signature(function)


def evaluated(annotation: Any, names: Globals, depth: int = 0) -> Any:
    """An annotation without text and aliases around its placements; Any for what is unknown."""
    placement = placement_of(annotation)
    if depth > _DEEPEST or placement is not None and not isinstance(placement.type, str):
        return annotation
    if placement is not None:
        return PLACEMENTS[placement.name][evaluated(placement.type, names, depth + 1)]
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        return evaluated(type_of_text(annotation, names), names, depth + 1)
    if type(annotation).__name__ == "TypeAliasType":
        return evaluated(type_of_alias(annotation, names), names, depth + 1)
    origin = typing.get_origin(annotation)
    args = tuple(evaluated(arg, names, depth + 1) for arg in typing.get_args(annotation))
    if origin in (Union, UnionType):
        return Union[args]
    if origin is typing.Annotated:
        return args[0]
    return origin[args] if origin in (dict, list, tuple) else annotation
