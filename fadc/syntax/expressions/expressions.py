"""Expressions: from Python's syntax to operations on placed values."""

from __future__ import annotations

import ast

from fadc.ir import (
    Literal,
    Node,
    Tree,
)
from fadc.syntax.expressions.calls import lower_computation_call, lower_local
from fadc.syntax.expressions.conditionals import lower_conditional
from fadc.syntax.expressions.displays import lower_display
from fadc.syntax.expressions.items import lower_item
from fadc.syntax.expressions.linear import lower_linear
from fadc.syntax.expressions.primitives import lower_primitive
from fadc.syntax.expressions.references import (
    computation_key,
    holds_federated,
    refuse_global,
    refuse_package,
)
from fadc.syntax.expressions.server_expressions import lower_expression
from fadc.syntax.expressions.tape_lists import lower_column, lower_rows
from fadc.syntax.modules.module import PACKAGE
from fadc.syntax.scope.bindings import POISON
from fadc.syntax.scope.scope import Scope
from fadc.syntax.source import names
from fadc.syntax.source.bound_names import Target


def lower(scope: Scope, node: ast.expr, target: Target = None, hint: str = "value") -> Tree:
    """Read an expression: emit its operations into the scope and return the tree of its result."""
    match node:
        case ast.Constant():
            return Literal(scope.module.text.segment(node))
        case ast.Name():
            return _lower_name(scope, node)
        case ast.Call():
            found = _lower_call(scope, node, target, hint)
            if found is not None:
                return found
        case ast.Tuple(elts=[]):
            return Node("tuple", ())
        case ast.Tuple(elts=elements) | ast.List(elts=elements) if elements:
            return lower_display(scope, node, elements, target)
        case ast.Dict(keys=keys, values=values) if values and all(map(_is_text, keys)):
            return lower_display(scope, node, values, target)
        case ast.IfExp() if holds_federated(scope, node.body, node.orelse):
            return lower_conditional(scope, node, target, hint)
        case ast.ListComp():
            rows = lower_rows(scope, node) or lower_column(scope, node)
            if rows is not None:
                return rows
        case ast.Attribute() | ast.Subscript():
            item = lower_item(scope, node, target, hint)
            if item is not None:
                return item
    linear = lower_linear(scope, node, target, hint)
    return lower_expression(scope, node, target, hint) if linear is None else linear


def _is_text(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


def _lower_name(scope: Scope, node: ast.Name) -> Tree:
    """A local's tree, or the name of a global as a constant."""
    found = scope.look_up(node)
    if found is None:
        if scope.module.resolve(node) == PACKAGE:
            return refuse_package(scope, node)
        return POISON if refuse_global(scope, node) else Literal(node.id)
    return found


def _lower_call(scope: Scope, node: ast.Call, target: Target, hint: str) -> Tree | None:
    """A call of a primitive, a computation or a local function of fadc; None for any other."""
    if names.root(node.func) in scope.local_names:
        return None
    primitive = scope.module.primitive(node.func)
    if primitive is not None:
        return lower_primitive(scope, primitive, node, target, hint)
    if _is_unresolved(scope, node):
        return POISON
    if computation_key(scope, node.func) is not None:
        return lower_computation_call(scope, node, target, hint)
    return lower_local(scope, node, target, hint)


def _is_unresolved(scope: Scope, node: ast.Call) -> bool:
    """Whether client values are passed to an imported function whose source is not available."""
    missing = scope.module.missing.get(node.func.id) if isinstance(node.func, ast.Name) else None
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    if missing is None or not holds_federated(scope, *arguments):
        return False
    alias, module = missing
    scope.module.report("FAD126", alias, name=alias.name, module=module)
    return True
