"""Calls of the primitives: their arguments, placements and results."""

from __future__ import annotations

import ast

from fadc.ir import (
    Aggregator,
    Tree,
    Value,
)
from fadc.syntax.expressions.maps import lower_map
from fadc.syntax.expressions.messages import lower_aggregate, lower_broadcast
from fadc.syntax.expressions.weighted_means import lower_weighted_mean
from fadc.syntax.scope.scope import Scope
from fadc.syntax.source.bound_names import Target
from fadc.syntax.source.names import first_starred


def lower_primitive(
    scope: Scope, primitive: str, node: ast.Call, target: Target, hint: str
) -> Tree:
    """Read a call of a primitive."""
    starred = first_starred(node)
    if starred is not None:
        return scope.report("FAD107", starred, what="argument")
    if primitive == "map":
        return lower_map(scope, node, target)
    if primitive == "weighted_mean":
        return lower_weighted_mean(scope, node, target)
    argument = _only_argument(node)
    if argument is None:
        return _fail(scope, node)
    if primitive == "broadcast":
        return lower_broadcast(scope, node, argument, target)
    if primitive == "aggregate":
        assert isinstance(node.func, ast.Name)
        aggregator = scope.module.aggregators[node.func.id]
    else:
        aggregator = Aggregator(primitive)
    return lower_aggregate(scope, node, aggregator, argument, target)


def _fail(scope: Scope, node: ast.Call) -> Value:
    """The placeholder for a call whose arguments do not fit, after the report."""
    callee = scope.module.text.segment(node.func)
    unknown = next((k.arg for k in node.keywords if k.arg != "value"), None)
    count = len(node.args) + len(node.keywords)
    problem = f"takes 1 argument, but {count} are given"
    if unknown is not None:
        problem = f"has no parameter `{unknown}`"
    return scope.report("FAD119", node, callee=callee, problem=problem)


def _only_argument(node: ast.Call) -> ast.expr | None:
    given = [*node.args, *(each.value for each in node.keywords if each.arg == "value")]
    return given[0] if len(given) == 1 and len(node.args) + len(node.keywords) == 1 else None
