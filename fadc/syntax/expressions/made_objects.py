"""Objects made from placed values in the arms of a branch, after the branch."""

from __future__ import annotations

import ast

from fadc.ir import Apply, Expression, Literal, Tree, Value, leaves, results
from fadc.ir.source_text import enclosed
from fadc.syntax.expressions.conditions import Arm
from fadc.syntax.scope.bindings import Binding, Expired, InOneArm, Made
from fadc.syntax.scope.scope import Scope
from fadc.syntax.source.names import fresh


def join_objects(scope: Scope, condition: Tree | None, then: Arm, orelse: Arm) -> Binding:
    """The object that one arm makes, or the choice between those of both arms."""
    first, second = _object(then), _object(orelse)
    if first is not None and second is not None and condition is not None:
        arguments = (*first.arguments, *second.arguments)
        if isinstance(condition, Literal):
            test = condition.source
        else:
            test = fresh("condition", scope.identifiers)
            scope.identifiers.add(test)
            arguments = ((test, condition), *arguments)
        chosen = f"({enclosed(first.source)} if {enclosed(test)} else {enclosed(second.source)})"
        return Made(chosen, arguments, first.node, first.certain or second.certain)
    for found, (inner, _), (_, other) in ((first, then, orelse), (second, orelse, then)):
        if found is not None and isinstance(other, None | Expired):
            return InOneArm(found, *inner.conditions[-1])
    return Expired("is an object made of values of one arm of an `if`")


def _object(arm: Arm) -> Made | None:
    """The object that an arm binds, if it can also be made after the arm."""
    inner, found = arm
    makers = {v: op for op in inner.operations for v in results(op)}
    maker = makers.get(found) if isinstance(found, Value) else None
    if isinstance(maker, Apply) and isinstance(maker.function, Expression):
        pairs = tuple(zip(maker.function.parameters, maker.args, strict=True))
        found = Made(enclosed(maker.function.source), pairs, ast.Constant(value=None))
    if not isinstance(found, Made):
        return None
    read = {value for _, tree in found.arguments for value in leaves(tree)}
    return None if read & makers.keys() else found
