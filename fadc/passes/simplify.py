"""Simplification: unneeded values are neither computed, carried nor sent; nothing is sent twice.

%a = broadcast %w                          %a = broadcast %w
%b = broadcast %w                          %x = apply clients `f` (%a, %a)
%x = apply clients `f` (%a, %b)  becomes   %s = aggregate sum %x
%y = apply clients `g` (%b)                return %s
%s = aggregate sum %x
return %s
"""

from __future__ import annotations

from dataclasses import replace

from fadc.ir import (
    Aggregate,
    Aggregator,
    Apply,
    Block,
    Branch,
    Broadcast,
    Expression,
    Loop,
    Operation,
    Placement,
    Tree,
    Value,
    all_leaves,
    rebuild,
    results,
    substitute,
)
from fadc.ir.liveness import remove_dead
from fadc.ir.source_text import spelled


def simplify(
    block: Block, needed: tuple[Tree, ...], resend: bool
) -> tuple[Block, tuple[Tree, ...]]:
    """Remove dead work and dead messages, given the needed trees; returns the block and the trees.

    ``resend`` keeps repeated broadcasts of one value.
    """
    while True:
        before = _size(block)
        renamed: dict[Value, Tree] = {}
        block = _drop_invariant(block, renamed)
        block = _share_static(block, {}, renamed)
        block = _share_messages(block, {}, renamed, resend)
        needed = _renamed(needed, renamed)
        block = remove_dead(block, all_leaves(needed))
        if _size(block) == before:
            return block, needed


def _renamed(trees: tuple[Tree, ...], renamed: dict[Value, Tree]) -> tuple[Tree, ...]:
    return tuple(rebuild(tree, lambda value: _final(value, renamed)) for tree in trees)


def _final(value: Value, renamed: dict[Value, Tree]) -> Tree:
    tree: Tree = value
    while isinstance(tree, Value) and tree in renamed:
        tree = renamed[tree]
    return tree


def _size(block: Block) -> int:
    """A measure that every simplification decreases."""
    total = 0
    for operation in block:
        total += 1 + len(list(results(operation)))
        if isinstance(operation, Loop):
            total += _size(operation.body) + len(operation.sources)
        elif isinstance(operation, Branch):
            total += _size(operation.then) + _size(operation.orelse)
    return total


# Carried values that never change --------------------------------------------------------------


def _drop_invariant(block: Block, found: dict[Value, Tree]) -> Block:
    """Replace a carried value that no iteration changes by the value from before the loop."""
    block = _find_invariant(block, found)
    return substitute(block, lambda value: _final(value, found)) if found else block


def _find_invariant(block: Block, found: dict[Value, Tree]) -> Block:
    changed: list[Operation] = []
    for operation in block:
        if isinstance(operation, Loop):
            body = _find_invariant(operation.body, found)
            carried = []
            for item in operation.carried:
                same = item.result is item.param and isinstance(item.init, Value)
                if same and item.init.type == item.param.type:  # type: ignore[union-attr]
                    found[item.param] = found[item.output] = item.init
                else:
                    carried.append(item)
            operation = replace(operation, body=body, carried=tuple(carried))
        elif isinstance(operation, Branch):
            then = _find_invariant(operation.then, found)
            orelse = _find_invariant(operation.orelse, found)
            operation = replace(operation, then=then, orelse=orelse)
        changed.append(operation)
    return tuple(changed)


# Static expressions that are known already -----------------------------------------------------


def _share_static(block: Block, known: dict[object, Value], renamed: dict[Value, Tree]) -> Block:
    """Merge equal static expressions, so that two branches on one have the same condition."""
    kept: list[Operation] = []
    for operation in block:
        if renamed:
            (operation,) = substitute((operation,), lambda value: _final(value, renamed))
        match operation:
            case Apply(Expression() as function, args, Value(anonymous=True) as result, where) if (
                where is Placement.STATIC
            ):
                key = (spelled(function.source), function.parameters, args)
                if key in known:
                    renamed[result] = known[key]
                    continue
                known[key] = result
            case Loop(body=body):
                operation = replace(operation, body=_share_static(body, dict(known), renamed))
            case Branch(then=then, orelse=orelse):
                first = _share_static(then, dict(known), renamed)
                second = _share_static(orelse, dict(known), renamed)
                operation = replace(operation, then=first, orelse=second)
        kept.append(operation)
    return substitute(tuple(kept), lambda value: _final(value, renamed)) if renamed else tuple(kept)


# Messages whose receivers have the value ---------------------------------------------------------

Known = dict[tuple[Aggregator | None, Tree], Value]
"""What was sent, by direction and value; the direction is a mechanism, or None for down."""


def _share_messages(block: Block, known: Known, renamed: dict[Value, Tree], resend: bool) -> Block:
    """Remove a message that repeats an earlier broadcast or aggregate."""
    kept: list[Operation] = []
    for operation in block:
        if renamed:
            (operation,) = substitute((operation,), lambda value: _final(value, renamed))
        match operation:
            case Broadcast() if resend:
                kept.append(operation)
            case Broadcast() | Aggregate():
                shared = _share(operation, known, renamed)
                kept += [shared] if shared.values else []
            case Loop(body=body):
                inner = _share_messages(body, dict(known), renamed, resend)
                kept.append(replace(operation, body=inner))
            case Branch(then=then, orelse=orelse):
                first = _share_messages(then, dict(known), renamed, resend)
                second = _share_messages(orelse, dict(known), renamed, resend)
                kept.append(replace(operation, then=first, orelse=second))
            case _:
                kept.append(operation)
    return substitute(tuple(kept), lambda value: _final(value, renamed)) if renamed else tuple(kept)


def _share(
    operation: Broadcast | Aggregate, known: Known, renamed: dict[Value, Tree]
) -> Broadcast | Aggregate:
    way = operation.aggregator if isinstance(operation, Aggregate) else None
    fresh: dict[Tree, Value] = {}
    for value, result in zip(operation.values, operation.results, strict=True):
        if (way, value) in known:
            renamed[result] = known[way, value]
        else:
            known[way, value] = fresh[value] = result
    return replace(operation, values=tuple(fresh), results=tuple(fresh.values()))  # type: ignore[arg-type]
