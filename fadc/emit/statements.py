"""Statements that every writer makes: assignments, and comments and blank lines above others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import libcst as cst

from fadc.emit.code.nodes import below, name, statement, tuple_, without_parentheses


def assignment(target: Any, value: Any) -> Any:
    """``target = value``, tuples without their parentheses."""
    left, right = without_parentheses(target), without_parentheses(value)
    return statement("$target = $value", target=left, value=right)


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
