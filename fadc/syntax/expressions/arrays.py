"""The arrays that server expressions are known to give, by their operators."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.ir import Array, Leaf, Value
from fadc.syntax.scope.scope import Scope
from fadc.syntax.source.names import root

FILLED = ("jax.numpy.zeros_like", "jax.numpy.ones_like")


def is_filled(scope: Scope, node: ast.expr) -> bool:
    """Whether an expression depends only on the shape of its argument, or of that one's leaves."""
    match node:
        case ast.Call(func=function, args=[_], keywords=[]):
            return _meaning(scope, function) in FILLED
        case ast.Call(func=function, args=[filling, _], keywords=[]):
            is_map = _meaning(scope, function) in ("jax.tree.map", "jax.tree_util.tree_map")
            return is_map and _meaning(scope, filling) in FILLED
    return False


def _meaning(scope: Scope, function: ast.expr) -> str | None:
    """The dotted name of a function of another module."""
    return None if root(function) in scope.bindings else scope.module.resolve(function)


def array_of(scope: Scope, node: ast.expr) -> Array | None:
    """The array that a server expression gives; None where it may be any pytree."""
    match node:
        case ast.Constant(value=bool() | int() | float() | complex()):
            return Array(True, ())
        case ast.Name(id=name):
            tree = scope.bindings.get(name)
            if isinstance(tree, Value) and isinstance(tree.type, Leaf):
                return tree.type.array
        case ast.Call(args=[shape]) if is_filled(scope, node):
            return array_of(scope, shape)
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
