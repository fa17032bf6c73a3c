"""Linear server expressions, frequent in emitted code: sums, and scalings by the number of clients.

They are read as builtin operations, whose derivatives are builtin operations again and need no
residuals.
"""

from __future__ import annotations

import ast

from fadc.ir import Apply, Builtin, Expression, Leaf, Placement, Tree, Value, is_array
from fadc.syntax.expressions.arrays import array_of
from fadc.syntax.expressions.references import is_client_count, is_federated
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import assigned, is_poisoned, known_array
from fadc.syntax.source.bound_names import Target


def lower_linear(scope: Scope, node: ast.expr, target: Target, hint: str) -> Tree | None:
    """Read a sum or a scaling; None where the expression is neither."""
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _lower_sum(scope, node, left, right, target, hint)
        case ast.BinOp(left=ast.Name() as left, op=ast.Div(), right=right):
            if is_client_count(scope, right) and is_proven(scope, left):
                return _apply(scope, node, "over_clients", left, target, hint)
        case ast.BinOp(left=left, op=ast.Mult(), right=ast.Name() as right):
            if is_client_count(scope, left) and is_proven(scope, right):
                return _apply(scope, node, "times_clients", right, target, hint)
        case ast.Call(func=function, args=[ast.Name() as value, count], keywords=[]) if (
            is_client_count(scope, count) and scope.module.resolve(function) == "fadc.divide"
        ):
            return _scaled(scope, node, "over_clients", value, target, hint)
        case ast.Call(func=function, args=[count, ast.Name() as value], keywords=[]) if (
            is_client_count(scope, count) and scope.module.resolve(function) == "fadc.scale"
        ):
            return _scaled(scope, node, "times_clients", value, target, hint)
    return None


def is_server(scope: Scope, node: ast.Name) -> bool:
    """Whether a name is bound to one server value."""
    binding = scope.bindings.get(node.id)
    return (
        isinstance(binding, Value)
        and isinstance(binding.type, Leaf)
        and binding.type.placement is Placement.SERVER
    )


def is_proven(scope: Scope, node: ast.Name) -> bool:
    """Whether a name is bound to a server value that is proven to be one floating-point array."""
    binding = scope.bindings.get(node.id)
    return is_server(scope, node) and isinstance(binding, Value) and is_array(binding.type)


def _scaled(
    scope: Scope, node: ast.expr, name: str, operand: ast.Name, target: Target, hint: str
) -> Tree | None:
    """A scaling of a server value, which may be any pytree."""
    return _apply(scope, node, name, operand, target, hint) if is_server(scope, operand) else None


def _apply(
    scope: Scope, node: ast.expr, name: str, operand: ast.Name, target: Target, hint: str
) -> Tree:
    value = scope.lower(operand)
    assert isinstance(value, Value)
    result = assigned(target, value.type, scope.span(node), hint)
    scope.emit(Apply(Builtin(name), (value,), result, Placement.SERVER, scope.span(node)))
    return result


def _lower_sum(
    scope: Scope, node: ast.expr, left: ast.expr, right: ast.expr, target: Target, hint: str
) -> Tree | None:
    """A sum of two arrays of one shape; other sums remain expressions."""
    for operand in (left, right):
        named = isinstance(operand, ast.Name) and is_proven(scope, operand)
        if not (named or is_federated(scope, operand)):
            return None
    if not any(isinstance(operand, ast.Name) for operand in (left, right)) or isinstance(
        target, tuple
    ):
        return None
    values = [scope.lower(left), scope.lower(right)]
    if is_poisoned(*values):
        return scope.report_nothing()
    first, second = values
    if not (isinstance(first, Value) and isinstance(second, Value)) or any(
        not isinstance(v.type, Leaf) or v.type.placement is not Placement.SERVER
        for v in (first, second)
    ):
        return scope.report("FAD203", right, name=scope.module.text.segment(right))
    span = scope.span(node)
    array = known_array(first) if first.type == second.type else None
    if array is not None and array.dims is not None and is_array(first.type):
        result = assigned(target, first.type, span, hint)
        scope.emit(Apply(Builtin("add"), (first, second), result, Placement.SERVER, span))
        return result
    result = assigned(target, Leaf(Placement.SERVER, array_of(scope, node)), span, hint)
    names = (first.name, second.name if second.name != first.name else f"{second.name}_2")
    args: tuple[Tree, ...] = (first, second)
    if first is second:
        names, args = names[:1] * 2, (first,)
    function = Expression(f"{names[0]} + {names[1]}", names[: len(args)])
    scope.emit(Apply(function, args, result, Placement.SERVER, span))
    return result
