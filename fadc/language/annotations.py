"""Reading the placements of a function's parameters from its annotations.

Annotations may be text (`from __future__ import annotations`), in whole or in part, and the text
may name what does not exist at run time (imports under `if TYPE_CHECKING:`). Only placements and
the containers around them matter here, so what cannot be resolved is skipped, never an error.
"""

import inspect
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import Any, Union

import jax

from fadc.engines.leaves import is_array
from fadc.language.placements import Clients, Placement, Server, is_clients

if sys.version_info >= (3, 14):
    import annotationlib


def signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature of `function` with its annotations evaluated as far as that is possible."""
    namespace = getattr(inspect.unwrap(function), "__globals__", {})
    unevaluated = _signature(function)
    parameters = [
        parameter.replace(annotation=_evaluate(parameter.annotation, namespace))
        for parameter in unevaluated.parameters.values()
    ]
    return unevaluated.replace(parameters=parameters)


def client_leaves(annotation: Any, value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Each array leaf of `value` that `annotation` places at the clients, with its name.

    `annotation` is as `signature` gives it. The name says where the leaf stands, `batch[0]['x']`.
    """
    annotation = getattr(annotation, "__value__", annotation)  # A `type X = ...` alias.
    if is_clients(annotation):
        for path, leaf in jax.tree_util.tree_leaves_with_path(value):
            if is_array(leaf):
                yield name + jax.tree_util.keystr(path), leaf
    for part, key, inner in _parts(annotation, value):
        yield from client_leaves(part, inner, name if key is None else f"{name}[{key!r}]")


def _parts(annotation: Any, value: Any) -> Iterator[tuple[Any, Any, Any]]:
    """The annotation, key and value of each part of a composite; key None for the whole of it."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (Union, UnionType):
        yield from ((arg, None, value) for arg in args)
    elif origin is typing.Annotated:
        yield args[0], None, value
    elif origin is dict and isinstance(value, Mapping):
        yield from ((args[-1], key, inner) for key, inner in value.items())
    elif origin in (list, tuple) and isinstance(value, (list, tuple)):
        alike = origin is list or args[-1:] == (Ellipsis,)
        annotations = args[:1] * len(value) if alike else args
        yield from zip(annotations, range(len(value)), value, strict=False)


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    """The signature, with annotations as text where the language evaluates them lazily."""
    if sys.version_info >= (3, 14):
        return inspect.signature(function, annotation_format=annotationlib.Format.STRING)
    return inspect.signature(function)


def _evaluate(annotation: Any, namespace: dict[str, Any]) -> Any:
    """An annotation without text; where a name is unknown, what its text says of placements."""
    if isinstance(annotation, typing.ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        try:
            annotation = eval(annotation, namespace)
        except Exception:  # noqa: BLE001  The text is the user's and may fail in any way.
            annotation = _read(annotation, namespace)
    if typing.get_origin(annotation) in (dict, list, tuple):
        args = tuple(_evaluate(arg, namespace) for arg in typing.get_args(annotation))
        return typing.get_origin(annotation)[args]
    return annotation


def _read(text: str, namespace: dict[str, Any]) -> Any:
    """What the text of an annotation says with everything but placements and containers unknown."""
    try:
        return eval(text, {"__builtins__": {}}, _Names(namespace))
    except Exception:  # noqa: BLE001  As above.
        return None


class _Names(dict[str, Any]):
    """The names in an annotation: those that may say a placement, all others being unknown."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(dict=dict, list=list, tuple=tuple)
        self._namespace = namespace

    def __missing__(self, name: str) -> Any:
        value = self._namespace.get(name)
        if isinstance(value, Placement) or typing.get_origin(value) is not None:
            return value  # `Clients` under any name, or an alias of a composite.
        return _PLACEMENTS.get(name, _UNKNOWN)


class _Unknown:
    """A name that cannot be resolved. `anything.Clients` is taken for `fed.Clients`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _PLACEMENTS.get(name, self)

    def __getitem__(self, _: Any) -> "_Unknown":
        return self

    def __or__(self, other: Any) -> Any:
        return Union[self, other]  # noqa: UP007  This is what `|` is.


_UNKNOWN = _Unknown()
_PLACEMENTS: dict[str, Any] = {"Clients": Clients, "Server": Server}
