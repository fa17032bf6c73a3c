"""Static conditions, and the scopes of the two arms."""

from __future__ import annotations

import ast

from fadc.ir import Apply, Expression, Leaf, Literal, Node, Placement, Tree, Value
from fadc.syntax.expressions.references import find_client_count, names_read
from fadc.syntax.scope.bindings import Binding, Key
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import is_poisoned, one_placement, word
from fadc.syntax.source import names
from fadc.syntax.source.names import is_shape_of


def lower_condition(scope: Scope, test: ast.expr, what: str) -> Tree | None:
    """A static condition; None after a report."""
    counted = find_client_count(scope, test)
    if counted is not None:
        scope.report("FAD212", counted, where=f"a {what}")
        return None
    for name in names_read(scope, test):
        binding = scope.bindings.get(name)
        if isinstance(binding, Value | Node) and not is_poisoned(binding):
            if one_placement(binding) is not Placement.STATIC and not is_shape_of(test, name):
                scope.report("FAD209", test, what=what, placement=word(binding))
                return None
    tree = _condition(scope, test)
    if is_poisoned(tree):
        return None
    if one_placement(tree) is not Placement.STATIC:
        scope.report("FAD209", test, what=what, placement=word(tree))
        return None
    return tree


def _condition(scope: Scope, test: ast.expr) -> Tree:
    """A condition. The operand of ``not`` becomes a value, so that it is recognised elsewhere."""
    if not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        return scope.lower(test)
    if isinstance(test.operand, ast.Name | ast.Constant):
        return scope.lower(test)
    negated = _condition(scope, test.operand)
    if not isinstance(negated, Value) or one_placement(negated) is not Placement.STATIC:
        return negated if is_poisoned(negated) else scope.lower(test)
    result = Value("value", Leaf(Placement.STATIC), scope.span(test), anonymous=True)
    negation = Expression("not value", ("value",))
    scope.emit(Apply(negation, (negated,), result, Placement.STATIC, result.span))
    return result


def arms_of(scope: Scope, test: ast.expr) -> tuple[Scope, Scope]:
    key, holds = _key(scope, test)
    then, orelse = scope.inside(), scope.inside()
    then.conditions = (*scope.conditions, (key, holds))
    orelse.conditions = (*scope.conditions, (key, not holds))
    return then, orelse


def _key(scope: Scope, test: ast.expr) -> tuple[Key, bool]:
    """A condition without its ``not``, as a key for comparison."""
    holds = True
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, holds = test.operand, not holds
    values: list[Tree] = []
    for name in names.free_names(test):
        binding = scope.bindings.get(name)
        if isinstance(binding, Value | Node | Literal):
            values.append(binding)
    if isinstance(test, ast.Name) and len(values) == 1:
        value = values[0]
        while isinstance(value, Value) and value in scope.negated:
            value, holds = scope.negated[value], not holds
        return (test.id, (value,)), holds
    return (ast.unparse(test), tuple(values)), holds


Arm = tuple[Scope, Binding | None]
