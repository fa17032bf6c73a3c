"""Simplification: what nobody needs is neither computed, carried nor sent; nothing is sent twice."""

from __future__ import annotations

from dataclasses import replace

from fadc.analyses.liveness import remove_dead
from fadc.ir import (
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


def simplify(
    block: Block, needed: tuple[Tree, ...], resend: bool = False
) -> tuple[Block, tuple[Tree, ...]]:
    """Remove dead work and dead messages, given the trees that are needed; both come back.

    ``resend`` keeps repeated broadcasts of one value.
    """
    while True:
        before = _size(block)
        renamed: dict[Value, Tree] = {}
        block = _drop_invariant(block, renamed)
        block = _share_static(block, {}, renamed)
        if not resend:
            block = _share_broadcasts(block, {}, renamed)
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
    """A measure that every simplification shrinks."""
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
    """A carried value that every iteration hands on is the value from before the loop."""
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
    """A static expression is written once, so that two branches on it have the same condition."""
    kept: list[Operation] = []
    for operation in block:
        if renamed:
            (operation,) = substitute((operation,), lambda value: _final(value, renamed))
        match operation:
            case Apply(Expression() as function, args, Value(anonymous=True) as result, where) if (
                where is Placement.STATIC
            ):
                key = (function, args)
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


# Broadcasts of a value that the clients have ----------------------------------------------------


def _share_broadcasts(block: Block, known: dict[Value, Value], renamed: dict[Value, Tree]) -> Block:
    """A value that was broadcast already is not sent again."""
    kept: list[Operation] = []
    for operation in block:
        if renamed:
            (operation,) = substitute((operation,), lambda value: _final(value, renamed))
        match operation:
            case Broadcast():
                shared = _share(operation, known, renamed)
                kept += [shared] if shared.values else []
            case Loop(body=body):
                inner = _share_broadcasts(body, dict(known), renamed)
                kept.append(replace(operation, body=inner))
            case Branch(then=then, orelse=orelse):
                first = _share_broadcasts(then, dict(known), renamed)
                second = _share_broadcasts(orelse, dict(known), renamed)
                kept.append(replace(operation, then=first, orelse=second))
            case _:
                kept.append(operation)
    return substitute(tuple(kept), lambda value: _final(value, renamed)) if renamed else tuple(kept)


def _share(
    operation: Broadcast, known: dict[Value, Value], renamed: dict[Value, Tree]
) -> Broadcast:
    fresh: dict[Value, Value] = {}
    for value, result in zip(operation.values, operation.results, strict=True):
        if value in known:
            renamed[result] = known[value]
        else:
            known[value] = fresh[value] = result
    return replace(operation, values=tuple(fresh), results=tuple(fresh.values()))
