"""``if`` on a static condition."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.ir import Choice
from fadc.syntax.expressions.choices import choose, emit_branch, join_arms, settled
from fadc.syntax.expressions.conditions import arms_of, lower_condition
from fadc.syntax.scope.bindings import Conflict
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import is_poisoned


def lower_if(scope: Scope, node: ast.If) -> None:
    """Read an ``if`` statement."""
    condition = lower_condition(scope, node.test, "condition")
    then, orelse = arms_of(scope, node.test)
    then.lower_block(node.body)
    orelse.lower_block(node.orelse)
    choices = join_arms(scope, node, condition, then, orelse)
    _join_appended(scope, node, then, orelse, choices)
    if condition is not None:
        emit_branch(scope, node, condition, then, orelse, choices)


def _join_appended(
    scope: Scope, node: ast.If, then: Scope, orelse: Scope, choices: list[Choice]
) -> None:
    """Merge an append in both arms into one append of the chosen value."""
    for name in dict.fromkeys((*then.appended, *orelse.appended)):
        if name not in then.appended or name not in orelse.appended:
            problem = "is not appended to on every path"
            scope.report("FAD114", node, tape=name, problem=problem)
            scope.bindings[name] = scope.report_nothing()
            continue
        first, where = then.appended[name]
        second, _ = orelse.appended[name]
        if is_poisoned(first, second):
            scope.appended[name] = (scope.report_nothing(), where)
            continue
        arms = (then, first), (orelse, second)
        found = choose(scope, node, f"{name}_item", *arms, choices, None)
        if isinstance(found, Conflict):
            found = replace(found, slots={**found.slots, "name": name})
        scope.appended[name] = (settled(scope, found), where)
