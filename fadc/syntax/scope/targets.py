"""Assignment targets: the names in them, and their binding to the parts of a value."""

from __future__ import annotations

import ast

from fadc.ir import (
    Apply,
    Builtin,
    Expression,
    Leaf,
    Literal,
    Node,
    Placement,
    Tape,
    Tree,
    Type,
    Value,
    placement,
)
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import assigned, is_poisoned
from fadc.syntax.source.bound_names import Target, target_names
from fadc.syntax.types.declared import NONE_LEAF


def read_target(scope: Scope, node: ast.expr) -> Target:
    """The names of an assignment target; None after a report."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            parts = [read_target(scope, element) for element in elements]
            return None if any(part is None for part in parts) else tuple(parts)
        case ast.Starred():
            scope.report("FAD107", node, what="target")
        case _:
            scope.report("FAD111", node, target=scope.module.text.segment(node))
    return None


def bind(scope: Scope, node: ast.expr | ast.stmt, target: Target, tree: Tree) -> None:
    """Bind the names of a target to the parts of a tree, which is unpacked as needed."""
    if target is None:
        return
    if isinstance(target, str):
        if scope.captured.pop(target, None) is not None:
            reason = "is bound again after a stored lambda that uses it"
            scope.report("FAD118", node, name=target, reason=reason)
        if isinstance(tree, Literal):  # In `a, b = 1, 2`: code that reads a name reads its value.
            tree = static_value(scope, node, tree.source, target)
        scope.bindings[target] = tree
        return
    if is_poisoned(tree):
        for name in target_names(target):
            scope.bindings[name] = tree
        return
    if isinstance(tree, Node) and tree.kind != "rows":
        if len(tree.children) != len(target):
            report_mismatch(scope, node, len(target), len(tree.children))
            bind(scope, node, target, scope.report_nothing())
            return
        for part, child in zip(target, tree.children, strict=True):
            bind(scope, node, part, child)
        return
    if not isinstance(tree, Value) or isinstance(tree.type, Tape):
        name = tree.name if isinstance(tree, Value) else "rows"
        scope.report("FAD114", node, tape=name, problem="is taken apart otherwise than by a loop")
        bind(scope, node, target, scope.report_nothing())
        return
    parts = assigned(target, _opaque(tree.type), tree.span, tree.name)
    where = placement(tree.type)
    scope.emit(Apply(Builtin("unpack"), (tree,), parts, where, scope.span(node)))
    bind(scope, node, target, parts)


def static_value(scope: Scope, node: ast.expr | ast.stmt, source: str, name: str) -> Value:
    """A named static value for a constant."""
    type_ = NONE_LEAF if source == "None" else Leaf(Placement.STATIC)
    value = Value(name, type_, scope.span(node))
    scope.emit(Apply(Expression(source), (), value, Placement.STATIC, scope.span(node)))
    return value


def remember_bound(scope: Scope, *targets: ast.expr) -> None:
    """Record what the names of assignment targets are bound to now."""
    for target in targets:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and node.id in scope.bindings:
                scope.meanings[node] = scope.bindings[node.id]


def report_mismatch(scope: Scope, node: ast.expr | ast.stmt, names: int, values: int) -> None:
    """Report that values are unpacked into a different number of names."""
    expected = "1 name" if names == 1 else f"{names} names"
    found = "is 1 value" if values == 1 else f"are {values} values"
    scope.report("FAD129", node, expected=expected, found=found)


def _opaque(type_: Type) -> Leaf:
    return Leaf(placement(type_))
