"""``fed.map``: the function, its arguments, and the result at the clients."""

from __future__ import annotations

import ast

from fadc.ir import Apply, Builtin, Leaf, Placement, Tape, Tree, Value, placement
from fadc.syntax.expressions.functions import KEEPING, lower_function, lower_keywords
from fadc.syntax.expressions.messages import broadcast
from fadc.syntax.expressions.references import report_mixture
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import assigned, is_poisoned, one_placement
from fadc.syntax.source.bound_names import Target


def lower_map(scope: Scope, node: ast.Call, target: Target) -> Tree:
    if not node.args:
        callee = scope.module.text.segment(node.func)
        return scope.report("FAD119", node, callee=callee, problem="has no function to map")
    label = scope.module.text.brief(node.args[0])
    args = [_mapped_argument(scope, argument, label) for argument in node.args[1:]]
    keywords = lower_keywords(scope, node, label)
    found = lower_function(scope, node.args[0], args, [name for name, _ in keywords])
    if found is None:
        return assigned(target, Leaf(Placement.CLIENTS), scope.span(node), "out")
    function, captured = found
    trees = (*args, *captured, *(tree for _, tree in keywords))
    kind: Leaf | Tape = Leaf(Placement.CLIENTS)
    if isinstance(function, Builtin) and function.name in KEEPING:
        first = next((arg for arg in args if isinstance(arg, Value)), None)
        if first and isinstance(first.type, Leaf | Tape):
            kind = first.type if placement(first.type) is Placement.CLIENTS else kind
    name = function.name if isinstance(function, Builtin) else function.hint
    result = assigned(target, kind, scope.span(node), f"{name}_out")
    scope.emit(Apply(function, trees, result, Placement.CLIENTS, scope.span(node)))
    return result


def _mapped_argument(scope: Scope, node: ast.expr, function: str) -> Tree:
    tree = scope.lower(node, hint="argument")
    if is_poisoned(tree):
        return tree
    where = one_placement(tree)
    if where is None:
        return report_mixture(scope, node, tree)
    if where is Placement.SERVER:
        scope.report("FAD202", node, name=scope.module.text.brief(node), function=function)
        return broadcast(scope, node, tree, None)
    return tree
