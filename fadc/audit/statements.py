"""The top-level statements of a file, and the names that nodes bind."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The top-level statements of a module, including those under conditions."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            yield from top_level(node.body)
            yield from top_level(getattr(node, "orelse", []))


def bound_by(node: ast.AST) -> Iterator[str]:
    """The names that a node binds, except by imports."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.arg(arg=name):
            yield name
