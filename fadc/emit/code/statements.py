"""Statements that all writers use: assignments, and comments and blank lines above statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import libcst as cst

from fadc.emit.code.documents import width
from fadc.emit.code.nodes import below, for_, name, return_, tuple_, without_parentheses
from fadc.emit.code.printer import INDENT, WIDTH
from fadc.emit.code.shapes.base import code
from fadc.emit.code.templates import statement


def assignment(target: Any, value: Any) -> Any:
    """``target = value``, tuples without their parentheses."""
    left, right = without_parentheses(target), without_parentheses(value)
    return statement("$target = $value", target=left, value=right)


def returned(value: Any) -> Any:
    """``return a, b``; one part per line if that is too long for one."""
    made = return_(value)
    if INDENT + width(code(made).rstrip("\n")) <= WIDTH or not _is_tuple(value):
        return made
    return statement("return $value", value=_one_a_line(value))


def loop(target: Any, items: Any, body: Sequence[Any], depth: int) -> Any:
    """``for a, b in items``, at a depth; one part of the target per line if that is too long."""
    made = for_(target, items, body)
    first = f"for {code(made.target)} in {code(made.iter).partition('(')[0]}("
    if INDENT * depth + width(first) <= WIDTH or not _is_tuple(target):
        return made
    return made.with_changes(target=_one_a_line(target))


def _is_tuple(node: Any) -> bool:
    """Whether a node is a tuple of at least two."""
    return isinstance(node, cst.Tuple) and len(node.elements) > 1


def _one_a_line(node: cst.Tuple) -> cst.Tuple:
    """A tuple with a trailing comma, which puts each element on a line of its own."""
    *elements, last = node.elements
    return node.with_changes(elements=[*elements, last.with_changes(comma=cst.Comma())])


def unpacked(words: Iterable[str]) -> Any:
    """The target that unpacks a tuple of several names; the name itself if there is one."""
    names = [name(word) for word in words]
    return names[0] if len(names) == 1 else tuple_(names)


def with_lines(nodes: Iterable[Any]) -> list[Any]:
    """Statements, with the comments and blank lines between them attached to those that follow."""
    made: list[Any] = []
    lines: list[cst.EmptyLine] = []
    for node in nodes:
        if isinstance(node, cst.EmptyLine):
            lines.append(node)
        else:
            made.append(below(lines, node) if lines else node)
            lines = []
    return made
