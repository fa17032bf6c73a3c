"""What is known of the arrays that server expressions give, from their operators alone."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.ir import Array, Leaf, Value
from fadc.syntax.scope import Scope


def array_of(scope: Scope, node: ast.expr) -> Array | None:
    """What is known of the array that a server expression gives; None where it may be any pytree."""
    match node:
        case ast.Constant(value=bool() | int() | float() | complex()):
            return Array(True, ())
        case ast.Name(id=name):
            tree = scope.bindings.get(name)
            if isinstance(tree, Value) and isinstance(tree.type, Leaf):
                return tree.type.array
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return array_of(scope, operand)
        case ast.BinOp(left=left, op=operator, right=right):
            return _combine(array_of(scope, left), array_of(scope, right), operator)
    return None


def _combine(left: Array | None, right: Array | None, operator: ast.operator) -> Array | None:
    """The result of arithmetic: an array as soon as one operand is proven to be one."""
    known = [array for array in (left, right) if array is not None]
    if not known:
        return None
    kind = next((array for array in known if array.differentiable), known[0])
    if not kind.differentiable or len(known) < 2 and kind.dims == ():
        return None
    if isinstance(operator, ast.MatMult) or len(known) < 2:
        return replace(kind, dims=None)
    dims = {array.dims for array in known if array.dims != ()} or {()}
    return replace(kind, dims=dims.pop() if len(dims) == 1 else None)
