"""The results of computations, compared with their declarations."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fadc.ir import Literal, Node, Tree
from fadc.syntax.modules.module import name_of
from fadc.syntax.scope.fitting import conform
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.targets import static_value
from fadc.syntax.scope.trees import declared_of, is_poisoned
from fadc.syntax.types.declared import Declared, annotation_of


def read_body(scope: Scope, node: ast.FunctionDef, declared: Declared | None) -> Tree | None:
    """A computation's result in the declared structure; None after a report."""
    tree = read_statements(scope, node)
    if tree is None or declared is None or is_poisoned(tree):
        return None
    last = node.body[-1]
    assert isinstance(last, ast.Return) and last.value is not None
    found = conform(scope, last.value, tree, declared)
    if found is None:
        slots = {"declared": annotation_of(declared), "found": _found(tree)}
        scope.report("FAD207", last.value, **slots)
    return _with_values(scope, last.value, found) if found is not None else None


def _with_values(scope: Scope, node: ast.expr, tree: Tree) -> Tree:
    """A result with static values for constants, so that callers get a value for each part."""
    if isinstance(tree, Node):
        parts = tuple(_with_values(scope, node, child) for child in tree.children)
        return Node(tree.kind, parts, tree.keys)
    return static_value(scope, node, tree.source, "out") if isinstance(tree, Literal) else tree


def read_statements(scope: Scope, node: ast.FunctionDef) -> Tree | None:
    """A computation's result as it is; None if there is no `return`."""
    *statements, last = node.body
    if not isinstance(last, ast.Return):
        scope.lower_block(node.body)
        if not any(isinstance(inner, ast.Return) for inner in _own(node)):
            scope.report("FAD109", name_of(scope.module, node), problem="is missing")
        return None
    scope.lower_block(statements)
    if last.value is None:
        scope.report("FAD109", last, problem="has no value")
        return None
    target = None if "out" in scope.local_names else "out"
    return scope.lower(last.value, target, "out")


def _own(node: ast.FunctionDef) -> Iterator[ast.stmt]:
    """The statements of a function, without those of nested definitions."""
    waiting: list[ast.AST] = [*node.body]
    while waiting:
        current = waiting.pop()
        if isinstance(current, ast.stmt):
            yield current
        if not isinstance(
            current, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr
        ):
            waiting += ast.iter_child_nodes(current)


def _found(tree: Tree) -> str:
    return annotation_of(declared_of(tree)) if not isinstance(tree, Literal) else "static"
