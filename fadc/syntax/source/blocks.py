"""Blocks of statements: the statements at the top level of a module."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Module-level statements, including those under ``if``, ``try`` and ``with``."""
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        yield statement
        waiting += reversed(_alternatives(statement))


def _alternatives(statement: ast.stmt) -> list[ast.stmt]:
    """The statements under an ``if``, a ``try`` or a ``with``."""
    if isinstance(statement, ast.With):
        return statement.body
    if isinstance(statement, ast.If):
        return [*statement.body, *statement.orelse]
    if isinstance(statement, ast.Try | ast.TryStar):
        handled = [inner for handler in statement.handlers for inner in handler.body]
        return [*statement.body, *handled, *statement.orelse, *statement.finalbody]
    return []
