"""Questions about a piece of code: is it a name, a constant, a display, a string?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import libcst as cst

_WORDS: Final = frozenset({"None", "True", "False"})
_LITERALS: Final = (cst.BaseNumber, cst.SimpleString, cst.ConcatenatedString, cst.Ellipsis)


def name_of(node: Any) -> str | None:
    """The name if an expression is just a name, else None."""
    if isinstance(node, cst.Name) and not node.lpar and node.value not in _WORDS:
        return node.value
    return None


def is_constant(node: Any) -> bool:
    """Whether an expression is a literal, which reads nothing."""
    word = isinstance(node, cst.Name) and node.value in _WORDS
    return word or isinstance(node, _LITERALS)


def string_of(node: Any) -> str | None:
    """The value of a string literal."""
    if isinstance(node, cst.SimpleString | cst.ConcatenatedString):
        value = node.evaluated_value
        return value if isinstance(value, str) else None
    return None


def indices_of(node: Any) -> list[Any] | None:
    """The indices of a subscript: ``a`` and ``b`` of ``x[a, b]``."""
    if not isinstance(node, cst.Subscript):
        return None
    return [each.slice.value for each in node.slice if isinstance(each.slice, cst.Index)]


def innermost(nodes: Sequence[Any]) -> Iterator[Any]:
    """The elements of nested displays of tuples and dicts, from left to right.

    (a, {"k": b}), c  →  a, b, c
    """
    for node in nodes:
        if isinstance(node, cst.Tuple | cst.Dict):
            yield from innermost([each.value for each in node.elements])
        else:
            yield node


def function_name(node: Any) -> str:
    """The name of a definition."""
    assert isinstance(node, cst.FunctionDef)
    return node.name.value
