"""The depth of a program's nesting, and the stack space for reading it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from fadc.syntax.source.names import nodes, parts

DEEPEST = 1000
"""The most levels of syntax that a computation may have, the same on every machine."""

_FRAMES = 20 * DEEPEST


def is_too_deep(node: ast.AST) -> bool:
    """Whether a syntax tree has more levels than ``DEEPEST``."""
    return len(nodes(node)) > DEEPEST and _depth(node) > DEEPEST


def _depth(node: ast.AST) -> int:
    """The number of levels of a syntax tree."""
    levels = 0
    row = [node]
    while row:
        levels += 1
        row = [child for parent in row for child in parts(parent)]
    return levels


@contextmanager
def room() -> Iterator[None]:
    """Provides room on Python's stack for code that is not deeper than ``DEEPEST``."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
