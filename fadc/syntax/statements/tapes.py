"""Tapes: lists that start empty and that one loop fills."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from fadc.ir import Node, Value
from fadc.syntax.scope.bindings import OpenTape
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import is_unknown
from fadc.syntax.source.bound_names import Target


def is_empty_list(scope: Scope, value: ast.expr) -> bool:
    """Whether an expression is ``[]``, or ``list()`` with the builtin."""
    if isinstance(value, ast.Call) and not (value.args or value.keywords):
        return scope.builtin(value.func) == "list"
    return isinstance(value, ast.List) and not value.elts


def open_tapes(scope: Scope, node: ast.stmt, names: Target, value: ast.expr) -> bool:
    """Open tapes for several names, ``losses, steps = [], []``; whether this is the form."""
    if not isinstance(names, tuple) or not isinstance(value, ast.Tuple | ast.List):
        return False
    alike = len(names) == len(value.elts) and all(isinstance(name, str) for name in names)
    if not alike or not all(is_empty_list(scope, element) for element in value.elts):
        return False
    for name in names:
        open_tape(scope, node, [name])
    return True


def open_tape(scope: Scope, node: ast.stmt, names: Sequence[Target]) -> bool:
    """Open a tape for an empty list that is assigned; returns whether the targets are names."""
    tapes = [name for name in names if isinstance(name, str)]
    for name in tapes:
        scope.bindings[name] = OpenTape(name, scope.depth, scope.span(node))
    if len(tapes) > 1:
        scope.report("FAD114", node, tape=tapes[0], problem="has more than one name")
        for name in tapes:
            scope.bindings[name] = scope.report_nothing()
    return len(tapes) == len(names)


def append(scope: Scope, node: ast.Call, name: str) -> None:
    """Read an append to a tape, once per iteration of its own loop."""
    binding = scope.bindings[name]
    item = scope.lower(node.args[0], hint=f"{name}_item")
    if is_unknown(binding):
        return
    problem = None
    if isinstance(binding, Value) or isinstance(binding, Node) and binding.kind == "rows":
        problem = "is appended to by more than one loop"
    elif not isinstance(binding, OpenTape):
        problem = "is not an empty list before its loop"
    elif scope.depth == binding.depth:
        problem = "is appended to outside a loop"
    elif scope.depth > binding.depth + 1:
        problem = "is appended to in a loop inside its own loop"
    elif name in scope.appended:
        problem = "is appended to more than once per iteration"
    if problem is None:
        scope.appended[name] = (item, scope.span(node))
        return
    scope.report("FAD114", node, tape=name, problem=problem)
    scope.bindings[name] = scope.report_nothing()
