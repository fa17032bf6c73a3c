"""Statements that every writer makes: assignments, and comments and blank lines above others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import libcst as cst

from fadc.emit.code.documents import width
from fadc.emit.code.nodes import below, name, return_, tuple_, without_parentheses
from fadc.emit.code.printer import INDENT, WIDTH
from fadc.emit.code.shapes.base import code
from fadc.emit.code.templates import statement


def assignment(target: Any, value: Any) -> Any:
    """``target = value``, tuples without their parentheses."""
    left, right = without_parentheses(target), without_parentheses(value)
    return statement("$target = $value", target=left, value=right)


def returned(value: Any) -> Any:
    """``return a, b``; where that is too long for a line, one part on each."""
    made = return_(value)
    if not isinstance(value, cst.Tuple) or len(value.elements) < 2:
        return made
    if INDENT + width(code(made).rstrip("\n")) <= WIDTH:
        return made
    *elements, last = value.elements
    broken = value.with_changes(elements=[*elements, last.with_changes(comma=cst.Comma())])
    return statement("return $value", value=broken)


def unpacked(words: Iterable[str]) -> Any:
    """The target that takes a tuple apart; the name itself if there is one only."""
    names = [name(word) for word in words]
    return names[0] if len(names) == 1 else tuple_(names)


def with_lines(nodes: Iterable[Any]) -> list[Any]:
    """Statements, with comments and blank lines among them moved onto those that follow."""
    made: list[Any] = []
    lines: list[cst.EmptyLine] = []
    for node in nodes:
        if isinstance(node, cst.EmptyLine):
            lines.append(node)
        else:
            made.append(below(lines, node) if lines else node)
            lines = []
    return made
