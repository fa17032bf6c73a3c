"""Annotations that are text: the types that they name, as far as these exist.

The text is evaluated part by part, so that a name that exists for type checkers only hides no
placement beside it.
"""

import ast
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Union

from fadc.language.placements import Clients, Server, placement_of

_PLACEMENTS: dict[str, Any] = {"Clients": Clients, "Server": Server}
_CONTAINERS: tuple[Any, ...] = (dict, list, tuple, Union, typing.Optional, Annotated)
_NESTED = (dict, list, tuple)


def type_of_text(text: str, namespace: Mapping[str, Any]) -> Any:
    """What the text of an annotation means; Any, in whole or in part, where it cannot be told."""
    try:
        return _Reader(namespace).read(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Any


class _Reader:
    """Reads expressions whose names are looked up in a namespace."""

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self.namespace = dict(namespace)

    def read(self, node: ast.expr) -> Any:
        """The type that an expression stands for."""
        match node:
            case ast.Constant(value=str() | None as value):
                return value
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return Union[self.read(left), self.read(right)]
            case ast.Subscript(value=base, slice=inner):
                return self._subscript(node, self._named(base), inner)
        return self._named(node)

    def _subscript(self, node: ast.expr, base: Any, inner: ast.expr) -> Any:
        if placement_of(base) is not None:
            found = self._evaluated(inner)
            return base[Any if found is None else found]
        base = typing.get_origin(base) or base  # `typing.Dict` is `dict`.
        if not any(base is container for container in _CONTAINERS):
            found = self._evaluated(node)
            return Any if found is None else found
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        if base is Annotated:
            return self.read(parts[0])
        read = tuple(... if _is_ellipsis(part) else self.read(part) for part in parts)
        return base[read if base in _NESTED or base is Union else read[0]]

    def _named(self, node: ast.expr) -> Any:
        """What a name, dotted or not, stands for; where it is unknown, its last part decides."""
        found = self._evaluated(node)
        if found is not None:
            return found
        last = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
        return _PLACEMENTS.get(last, Any)

    def _evaluated(self, node: ast.expr) -> Any:
        """The value of an expression; None where it has none."""
        try:
            return eval(compile(ast.Expression(node), "<annotation>", "eval"), self.namespace)
        except Exception:  # noqa: BLE001  The text is the user's and may fail in any way.
            return None


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
