"""Augmented assignments: ``w -= step``."""

from __future__ import annotations

import ast

from fadc.ir import Apply, Expression, Leaf, Placement, Tree, Value
from fadc.syntax.expressions.arrays import array_of
from fadc.syntax.expressions.displays import display_text
from fadc.syntax.scope.bindings import OpenTape
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.targets import bind
from fadc.syntax.scope.trees import is_poisoned, one_placement


def lower_augmented(scope: Scope, node: ast.AugAssign) -> None:
    """Read an augmented assignment to a name; one to a part of something is refused."""
    if not isinstance(node.target, ast.Name):
        scope.report("FAD111", node, target=scope.module.text.segment(node.target))
        return
    left = ast.Name(id=node.target.id, ctx=ast.Load())
    ast.copy_location(left, node.target)
    combined = ast.BinOp(left=left, op=node.op, right=node.value)
    ast.copy_location(combined, node)
    combined.end_lineno, combined.end_col_offset = node.value.end_lineno, node.value.end_col_offset
    tree = _lower_with_text(scope, node, combined)
    bind(scope, node, node.target.id, tree)


_OPERATORS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}


def _lower_with_text(scope: Scope, node: ast.AugAssign, combined: ast.BinOp) -> Tree:
    """Read ``w -= step`` as ``w = w - (step)``: the right side is one operand."""
    assert isinstance(node.target, ast.Name)
    name, span = node.target.id, scope.span(node)
    if isinstance(scope.bindings.get(name), OpenTape):
        problem = f"is changed with `{_OPERATORS[type(node.op)]}=`"
        return scope.report("FAD114", node, tape=name, problem=problem)
    left, right = scope.lower(combined.left), scope.lower(node.value, hint="operand")
    if is_poisoned(left, right):
        return scope.report_nothing()
    for operand, tree in ((node.target, left), (node.value, right)):
        where = one_placement(tree)
        if where is None or where is Placement.CLIENTS:
            label = scope.module.text.segment(operand)
            return scope.report("FAD203", operand, name=label)
    array = array_of(scope, combined)
    parameters: dict[str, Tree] = {}
    taken: set[str] = set()
    texts = [display_text(tree, parameters, taken) for tree in (left, right)]
    static = all(one_placement(tree) is Placement.STATIC for tree in (left, right))
    where = Placement.STATIC if static else Placement.SERVER
    source = f"{texts[0]} {_OPERATORS[type(node.op)]} {texts[1]}"
    result = Value(name, Leaf(where, None if static else array), span)
    scope.emit(
        Apply(
            Expression(source, tuple(parameters)), tuple(parameters.values()), result, where, span
        )
    )
    return result
