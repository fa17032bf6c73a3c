"""The names that assignment targets and statements bind."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from fadc.syntax.source.names import nodes

Target = str | tuple["Target", ...] | None
"""The names that a result is assigned to, nested as in the target."""


def target_of(node: ast.expr) -> Target:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(target_of(element) for element in node.elts)
    return None


def target_names(target: Target) -> list[str]:
    """The names in an assignment target."""
    if isinstance(target, tuple):
        return [name for part in target for name in target_names(part)]
    return [target] if target else []


def bound_names(node: ast.stmt) -> set[str]:
    """Every name that a statement of any kind binds, including those in functions inside it."""
    found: set[str] = set()
    for inner in nodes(node):
        match inner:
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.alias(name=name, asname=asname):
                found.add(asname or name.partition(".")[0])
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                found.add(name)
            case ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                found.add(name)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
                found.add(name)
            case ast.MatchMapping(rest=str(name)):
                found.add(name)
    return found


def assigned_names(statements: list[ast.stmt]) -> list[str]:
    """The names that statements assign, in order, without those of lambdas and comprehensions."""
    return names_assigned_by(node for statement in statements for node in nodes(statement))


def names_assigned_by(found: Iterable[ast.AST]) -> list[str]:
    """The names that the assignments and loops among some nodes bind, in order."""
    bound: dict[str, None] = {}
    for node in found:
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AugAssign | ast.AnnAssign | ast.For):
            targets = [node.target]
        for target in targets:
            bound.update(dict.fromkeys(target_names(target_of(target))))
    return list(bound)


def assignment_of(statements: list[ast.stmt], name: str) -> ast.expr | None:
    for statement in statements:
        for node in nodes(statement):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store):
                return node
    return None
