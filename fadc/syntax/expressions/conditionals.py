"""Conditional expressions whose arms contain primitives or client values."""

from __future__ import annotations

import ast

from fadc.ir import Literal, Node, Tree, Value
from fadc.syntax.expressions.choices import emit_branch, join_arms, settled
from fadc.syntax.expressions.conditions import arms_of, lower_condition
from fadc.syntax.scope.bindings import Conflict
from fadc.syntax.scope.scope import Scope
from fadc.syntax.source.bound_names import Target

_RESULT = "·result"


def lower_conditional(scope: Scope, node: ast.IfExp, target: Target, hint: str) -> Tree:
    """Read a conditional expression whose arms contain primitives or client values."""
    condition = lower_condition(scope, node.test, "conditional expression")
    then, orelse = arms_of(scope, node.test)
    name = target if isinstance(target, str) else hint
    then.bindings[_RESULT] = then.lower(node.body, name, hint)
    orelse.bindings[_RESULT] = orelse.lower(node.orelse, name, hint)
    choices = join_arms(scope, node, condition, then, orelse, name)
    result = scope.bindings.pop(_RESULT, scope.report_nothing())
    if isinstance(result, Conflict):
        result = settled(scope, result)
    if condition is None or not isinstance(result, Value | Node | Literal):
        return scope.report_nothing()
    emit_branch(scope, node, condition, then, orelse, choices)
    return result
