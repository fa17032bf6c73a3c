"""Calls of the primitives: their arguments, placements and results."""

from __future__ import annotations

import ast

from fadc.ir import (
    Aggregate,
    Aggregator,
    Apply,
    Broadcast,
    Builtin,
    Leaf,
    Literal,
    Node,
    Placement,
    Tape,
    Tree,
    Value,
    is_array,
    leaves,
    part_label,
    placement,
    rebuild,
)
from fadc.syntax.expressions import lower
from fadc.syntax.functions import KEEPING, lower_function, lower_keywords
from fadc.syntax.names import first_starred
from fadc.syntax.scope import (
    Scope,
    Target,
    assigned,
    is_poisoned,
    one_placement,
    report_mixture,
    word,
)

_WEIGHTED = ("value", "weights", "aggregator")
"""The parameters of ``fed.weighted_mean``."""


def lower_primitive(
    scope: Scope, primitive: str, node: ast.Call, target: Target, hint: str
) -> Tree:
    """Read a call of a primitive."""
    starred = first_starred(node)
    if starred is not None:
        return scope.report("FAD107", starred, what="argument")
    if primitive == "map":
        return _lower_map(scope, node, target)
    if primitive == "weighted_mean":
        return _lower_weighted_mean(scope, node, target)
    argument = _only_argument(node)
    if argument is None:
        return lower_failed(scope, node)
    if primitive == "broadcast":
        return _lower_broadcast(scope, node, argument, target)
    if primitive == "aggregate":
        assert isinstance(node.func, ast.Name)
        aggregator = scope.module.aggregators[node.func.id]
    else:
        aggregator = Aggregator(primitive)
    return _lower_aggregate(scope, node, aggregator, argument, target)


def lower_failed(scope: Scope, node: ast.Call) -> Value:
    """The stand-in for a call whose arguments do not fit, after the report."""
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


def describe_node(scope: Scope, node: ast.expr) -> str:
    """An expression in a message: its text on one line."""
    text = " ".join(scope.module.text.segment(node).split())
    return text if len(text) <= 60 else text[:57] + "…"


def _lower_broadcast(scope: Scope, node: ast.Call, argument: ast.expr, target: Target) -> Tree:
    tree = lower(scope, argument, hint="update")
    if is_poisoned(tree):
        return _guessed(scope, node, tree, Placement.CLIENTS)
    where = one_placement(tree)
    if where is Placement.CLIENTS:
        scope.report("FAD204", argument, name=describe_node(scope, argument))
        return tree
    if where is None:
        report_mixture(scope, argument, tree)
        return _guessed(scope, node, tree, Placement.CLIENTS)
    return _broadcast(scope, node, tree, target)


def _guessed(scope: Scope, node: ast.expr, tree: Tree, where: Placement) -> Tree:
    """What a primitive gives after an error in its argument: its placement is known all the same.

    So what is wrong further down is reported, too, and not only once this is mended.
    """

    def guess(value: Value) -> Value:
        return value if is_poisoned(value) else Value(value.name, Leaf(where), scope.span(node))

    return rebuild(tree, guess)


def _broadcast(scope: Scope, node: ast.expr, tree: Tree, target: Target) -> Tree:
    """Emit the broadcast of a tree of server values."""
    sent = tuple(_as_value(scope, node, leaf) for leaf in _all(tree))
    received = tuple(
        assigned(name, _received(value), scope.span(node), f"{value.name}_at_clients")
        for value, name in zip(sent, _targets(tree, target), strict=True)
    )
    values = tuple(_whole(scope, node, value) for value in received)
    scope.emit(Broadcast(sent, values, scope.span(node)))
    return _unpack_after(scope, node, _refill(tree, received), values, received)


def _received(value: Value) -> Leaf:
    return Leaf(Placement.CLIENTS, value.type.array if isinstance(value.type, Leaf) else None)


def _lower_aggregate(
    scope: Scope, node: ast.Call, aggregator: Aggregator, argument: ast.expr, target: Target
) -> Tree:
    tree = lower(scope, argument, hint="contribution")
    if is_poisoned(tree) or not _is_uploaded(scope, node, argument, tree):
        return _guessed(scope, node, tree, Placement.SERVER)
    return aggregate(scope, node, aggregator, tree, target)


def _is_uploaded(scope: Scope, node: ast.Call, argument: ast.expr, tree: Tree) -> bool:
    """Whether what an aggregation is given is at the clients; reports what is not."""
    where = one_placement(tree)
    if where is None:
        report_mixture(scope, argument, tree)
    elif where is not Placement.CLIENTS:
        name, primitive = describe_node(scope, argument), scope.module.text.segment(node.func)
        scope.report("FAD205", argument, name=name, primitive=primitive, placement=word(tree))
    return where is Placement.CLIENTS


def aggregate(
    scope: Scope, node: ast.Call, aggregator: Aggregator, tree: Tree, target: Target
) -> Tree:
    """Emit the aggregation of a tree of client values."""
    sent = tuple(_all(tree))
    label = aggregator.name or aggregator.like
    received = tuple(
        assigned(name, _sent(value), scope.span(node), f"{label}_{_stem(value)}")
        for value, name in zip(sent, _targets(tree, target), strict=True)
    )
    values = tuple(_whole(scope, node, value) for value in received)
    scope.emit(Aggregate(aggregator, sent, values, scope.span(node)))
    return _unpack_after(scope, node, _refill(tree, received), values, received)


def _stem(tree: Tree) -> str:
    return tree.name if isinstance(tree, Value) else "value"


def _sent(tree: Tree) -> Leaf:
    array = tree.type.array if isinstance(tree, Value) and isinstance(tree.type, Leaf) else None
    return Leaf(Placement.SERVER, array)


def _all(tree: Tree) -> list[Tree]:
    """The leaves of a tree, literals among them."""
    if isinstance(tree, Node):
        return [leaf for child in tree.children for leaf in _all(child)]
    return [tree]


def _targets(tree: Tree, target: Target) -> list[Target]:
    """The target of each leaf, where the target has the tree's own nesting."""
    if isinstance(tree, Node):
        parts = target if isinstance(target, tuple) and len(target) == len(tree.children) else None
        return [
            name
            for index, child in enumerate(tree.children)
            for name in _targets(child, parts[index] if parts else _label(tree, index, target))
        ]
    return [target]


def _label(tree: Node, index: int, target: Target) -> Target:
    if not isinstance(target, str):
        return None
    return f"{target}_{part_label(tree.keys, index)}"


def _refill(tree: Tree, received: tuple[Tree, ...]) -> Tree:
    """The tree with its leaves, literals too, replaced from left to right."""
    rest = iter(received)

    def fill(part: Tree) -> Tree:
        if isinstance(part, Node):
            return Node(part.kind, tuple(fill(child) for child in part.children), part.keys)
        return next(rest)

    return fill(tree)


def _whole(scope: Scope, node: ast.expr, tree: Tree) -> Value:
    """One value for a result that the source takes apart at once."""
    if isinstance(tree, Value):
        return tree
    first = next(iter(leaves(tree)))
    return Value(
        f"{first.name}_tuple", Leaf(placement(first.type)), scope.span(node), anonymous=True
    )


def _unpack_after(
    scope: Scope, node: ast.expr, tree: Tree, values: tuple[Value, ...], received: tuple[Tree, ...]
) -> Tree:
    for value, parts in zip(values, received, strict=True):
        if value is not parts:
            where = placement(value.type)
            scope.emit(Apply(Builtin("unpack"), (value,), parts, where, scope.span(node)))
    return tree


def _as_value(scope: Scope, node: ast.expr, tree: Tree) -> Value:
    """A value for a part that is sent; a constant becomes a static value."""
    if isinstance(tree, Value):
        return tree
    assert isinstance(tree, Literal)
    from fadc.ir import Expression

    name = tree.source if tree.source.isidentifier() else "constant"
    value = Value(name, Leaf(Placement.STATIC), scope.span(node), anonymous=True)
    scope.emit(Apply(Expression(tree.source), (), value, Placement.STATIC, scope.span(node)))
    return value


def _lower_map(scope: Scope, node: ast.Call, target: Target) -> Tree:
    if not node.args:
        callee = scope.module.text.segment(node.func)
        return scope.report("FAD119", node, callee=callee, problem="has no function to map")
    label = describe_node(scope, node.args[0])
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
    tree = lower(scope, node, hint="argument")
    if is_poisoned(tree):
        return tree
    where = one_placement(tree)
    if where is None:
        return report_mixture(scope, node, tree)
    if where is Placement.SERVER:
        scope.report("FAD202", node, name=describe_node(scope, node), function=function)
        return _broadcast(scope, node, tree, None)
    return tree


def _lower_weighted_mean(scope: Scope, node: ast.Call, target: Target) -> Tree:
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
            name = describe_node(scope, given["aggregator"])
            return scope.report("FAD127", given["aggregator"], name=name)
        aggregator = found
    value, weights = lower(scope, given["value"]), lower(scope, given["weights"])
    failed = [
        is_poisoned(tree) or not _is_uploaded(scope, node, given[name], tree)
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
    names = _targets(value, target)
    parts = [
        assigned(name, _weighted(leaf, server), span, f"mean_{leaf.name}")
        for name, leaf in zip(names, leaves(value), strict=True)
    ]
    for total, mean in zip(leaves(totals), parts, strict=True):
        scope.emit(Apply(Builtin("divide"), (total, total_weight), mean, server, span))
    return _refill(value, tuple(parts))


def _weighted(value: Value, where: Placement) -> Leaf:
    """The type of a weighted value: floating-point arrays stay such arrays."""
    array = value.type.array if isinstance(value.type, Leaf) and is_array(value.type) else None
    return Leaf(where, array)
