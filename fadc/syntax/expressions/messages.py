"""Broadcasts and aggregates: the values sent and received."""

from __future__ import annotations

import ast

from fadc.ir import (
    Aggregate,
    Aggregator,
    Apply,
    Broadcast,
    Builtin,
    Expression,
    Leaf,
    Literal,
    Node,
    Placement,
    Tree,
    Value,
    leaves,
    part_label,
    placement,
    rebuild,
)
from fadc.syntax.expressions.references import report_mixture
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import assigned, flat, is_poisoned, known_array, one_placement, word
from fadc.syntax.source.bound_names import Target


def lower_broadcast(scope: Scope, node: ast.Call, argument: ast.expr, target: Target) -> Tree:
    tree = scope.lower(argument, hint="update")
    if is_poisoned(tree):
        return _guessed(scope, node, tree, Placement.CLIENTS)
    where = one_placement(tree)
    if where is Placement.CLIENTS:
        scope.report("FAD204", argument, name=scope.module.text.brief(argument))
        return tree
    if where is None:
        report_mixture(scope, argument, tree)
        return _guessed(scope, node, tree, Placement.CLIENTS)
    return broadcast(scope, node, tree, target)


def _guessed(scope: Scope, node: ast.expr, tree: Tree, where: Placement) -> Tree:
    """The assumed result of a primitive with an error in its argument: its placement is known.

    So errors further down are reported at once, and not only after this one is mended.
    """

    def guess(value: Value) -> Value:
        return value if is_poisoned(value) else Value(value.name, Leaf(where), scope.span(node))

    return rebuild(tree, guess)


def broadcast(scope: Scope, node: ast.expr, tree: Tree, target: Target) -> Tree:
    """Emit the broadcast of a tree of server values."""
    sent = tuple(_as_value(scope, node, leaf) for leaf in flat(tree))
    received = tuple(
        assigned(
            name,
            Leaf(Placement.CLIENTS, known_array(value)),
            scope.span(node),
            f"{value.name}_at_clients",
        )
        for value, name in zip(sent, leaf_targets(tree, target), strict=True)
    )
    values = tuple(_whole(scope, node, value) for value in received)
    scope.emit(Broadcast(sent, values, scope.span(node)))
    return _unpack_after(scope, node, refill(tree, received), values, received)


def lower_aggregate(
    scope: Scope, node: ast.Call, aggregator: Aggregator, argument: ast.expr, target: Target
) -> Tree:
    tree = scope.lower(argument, hint="contribution")
    if is_poisoned(tree) or not is_uploaded(scope, node, argument, tree):
        return _guessed(scope, node, tree, Placement.SERVER)
    return aggregate(scope, node, aggregator, tree, target)


def is_uploaded(scope: Scope, node: ast.Call, argument: ast.expr, tree: Tree) -> bool:
    """Whether the argument of an aggregate is at the clients; reports parts that are not."""
    where = one_placement(tree)
    if where is None:
        report_mixture(scope, argument, tree)
    elif where is not Placement.CLIENTS:
        name, primitive = scope.module.text.brief(argument), scope.module.text.segment(node.func)
        scope.report("FAD205", argument, name=name, primitive=primitive, placement=word(tree))
    return where is Placement.CLIENTS


def aggregate(
    scope: Scope, node: ast.Call, aggregator: Aggregator, tree: Tree, target: Target
) -> Tree:
    """Emit the aggregate of a tree of client values."""
    sent = tuple(flat(tree))
    label = aggregator.name or aggregator.like
    received = tuple(
        assigned(
            name,
            Leaf(Placement.SERVER, known_array(value)),
            scope.span(node),
            f"{label}_{value.name if isinstance(value, Value) else 'value'}",
        )
        for value, name in zip(sent, leaf_targets(tree, target), strict=True)
    )
    values = tuple(_whole(scope, node, value) for value in received)
    scope.emit(Aggregate(aggregator, sent, values, scope.span(node)))
    return _unpack_after(scope, node, refill(tree, received), values, received)


def _stem(tree: Tree) -> str:
    return tree.name if isinstance(tree, Value) else "value"


def leaf_targets(tree: Tree, target: Target) -> list[Target]:
    """The target of each leaf, where the assignment target has the nesting of the tree."""
    if isinstance(tree, Node):
        parts = target if isinstance(target, tuple) and len(target) == len(tree.children) else None
        return [
            name
            for index, child in enumerate(tree.children)
            for name in leaf_targets(child, parts[index] if parts else _label(tree, index, target))
        ]
    return [target]


def _label(tree: Node, index: int, target: Target) -> Target:
    if not isinstance(target, str):
        return None
    return f"{target}_{part_label(tree.keys, index)}"


def refill(tree: Tree, received: tuple[Tree, ...]) -> Tree:
    """The tree with its leaves, including literals, replaced from left to right."""
    rest = iter(received)

    def fill(part: Tree) -> Tree:
        if isinstance(part, Node):
            return Node(part.kind, tuple(fill(child) for child in part.children), part.keys)
        return next(rest)

    return fill(tree)


def _whole(scope: Scope, node: ast.expr, tree: Tree) -> Value:
    """One value for a result that the source unpacks at once."""
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
    """A value for a part to be sent; a constant becomes a static value."""
    if isinstance(tree, Value):
        return tree
    assert isinstance(tree, Literal)
    name = tree.source if tree.source.isidentifier() else "constant"
    value = Value(name, Leaf(Placement.STATIC), scope.span(node), anonymous=True)
    scope.emit(Apply(Expression(tree.source), (), value, Placement.STATIC, scope.span(node)))
    return value
