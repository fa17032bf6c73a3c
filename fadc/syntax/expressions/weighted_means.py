"""``fed.weighted_mean``: sums of weighted values, divided."""

from __future__ import annotations

import ast

from fadc.ir import (
    Aggregate,
    Aggregator,
    Apply,
    Builtin,
    Leaf,
    Placement,
    Tree,
    Value,
    is_array,
    leaves,
    rebuild,
)
from fadc.syntax.expressions.messages import is_uploaded, leaf_targets, refill
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import assigned, is_poisoned, known_array
from fadc.syntax.source.bound_names import Target

_WEIGHTED = ("value", "weights", "aggregator")
"""The parameters of ``fed.weighted_mean``."""


def lower_weighted_mean(scope: Scope, node: ast.Call, target: Target) -> Tree:
    """``aggregator(map(weights * v)) / aggregator(weights)``, leaf by leaf (language.md)."""
    given = dict(zip(_WEIGHTED, node.args, strict=False))
    given.update({keyword.arg: keyword.value for keyword in node.keywords if keyword.arg})
    count = len(node.args) + len(node.keywords)
    if set(given) - {*_WEIGHTED} or not {*_WEIGHTED[:2]} <= set(given) or len(given) < count:
        callee = scope.module.text.segment(node.func)
        return scope.report("FAD119", node, callee=callee, problem="takes a value and its weights")
    aggregator = Aggregator("sum")
    if "aggregator" in given:
        found = scope.module.aggregator(given["aggregator"])
        if found is None:
            name = scope.module.text.brief(given["aggregator"])
            return scope.report("FAD127", given["aggregator"], name=name)
        aggregator = found
    value, weights = scope.lower(given["value"]), scope.lower(given["weights"])
    failed = [
        is_poisoned(tree) or not is_uploaded(scope, node, given[name], tree)
        for name, tree in (("value", value), ("weights", weights))
    ]
    if any(failed):
        return scope.report_nothing()
    return _expand_weighted_mean(scope, node, aggregator, value, weights, target)


def _expand_weighted_mean(
    scope: Scope, node: ast.Call, aggregator: Aggregator, value: Tree, weights: Tree, target: Target
) -> Tree:
    span = scope.span(node)

    def fresh(name: str, type_: Leaf) -> Value:
        return Value(name, type_, span, anonymous=True)

    clients, server = Placement.CLIENTS, Placement.SERVER
    weighted = rebuild(value, lambda leaf: fresh(f"weighted_{leaf.name}", _weighted(leaf, clients)))
    for part, whole in zip(leaves(value), leaves(weighted), strict=True):
        scope.emit(Apply(Builtin("scale"), (weights, part), whole, clients, span))
    totals = rebuild(value, lambda leaf: fresh(f"total_{leaf.name}", _weighted(leaf, server)))
    total_weight = fresh("total_weight", Leaf(server))
    scope.emit(
        Aggregate(aggregator, (*leaves(weighted), weights), (*leaves(totals), total_weight), span)
    )
    names = leaf_targets(value, target)
    parts = [
        assigned(name, _weighted(leaf, server), span, f"mean_{leaf.name}")
        for name, leaf in zip(names, leaves(value), strict=True)
    ]
    for total, mean in zip(leaves(totals), parts, strict=True):
        scope.emit(Apply(Builtin("divide"), (total, total_weight), mean, server, span))
    return refill(value, tuple(parts))


def _weighted(value: Value, where: Placement) -> Leaf:
    """The type of a weighted value: that of the value if this is a floating-point array."""
    array = known_array(value) if is_array(value.type) else None
    return Leaf(where, array)
