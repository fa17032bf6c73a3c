"""Columns of a list of tuples that are not used together become lists of their own.

One list for all that an iteration keeps reads well as long as its columns are used together. A
column that is read alone would have to be picked out of the rows again.

    loop … {                                   loop … {
      stack %v in rows <- %a                     stack %v <- %a
      stack %w in rows <- %b     becomes         stack %w <- %b
    }                                          }
    %s = apply server `sum(v)` (%v)            %s = apply server `sum(v)` (%v)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fadc.analyses.rows import Groups, chosen, gathered, grouped, groups
from fadc.ir import (
    Apply,
    Block,
    Branch,
    Call,
    Carried,
    Computation,
    Loop,
    Node,
    Operation,
    Tree,
    Value,
    walk,
)


def separate_columns(computation: Computation) -> Computation:
    """The computation with a list for each column of a list that is not always used as a whole."""
    while True:
        known = groups(computation.block, (p.tree for p in computation.parameters))
        columns = {
            c for v in _read_alone(computation, known) if v in known for c in known[v].columns
        }
        block = _separate(computation.block, _chosen_among(computation, known, columns))
        if block == computation.block:
            return computation
        computation = replace(computation, block=block)


def _chosen_among(computation: Computation, known: Groups, columns: set[Value]) -> set[Value]:
    """The columns, and the columns of the lists between which branches choose."""
    choices = [c for each in walk(computation.block) for c in getattr(each, "choices", ())]
    arms = {
        arm for c in choices if c.output in columns for arm in (c.then, c.orelse) if arm in known
    }
    more = {column for arm in arms for column in known[arm].columns} - columns
    return _chosen_among(computation, known, columns | more) if more else columns


def _read_alone(computation: Computation, known: Groups) -> Iterable[Value]:
    """The values that are read other than as part of their list's rows."""
    yield from _bare(computation.result)
    for operation in walk(computation.block):
        match operation:
            case Apply(args=args) | Call(args=args):
                for tree in args:
                    yield from _bare(tree)
            case Loop(carried=carried, stacks=filled):
                yield from _carried(carried)
                for stacks in grouped(filled).values():
                    items = [s.item for s in stacks if isinstance(s.item, Value)]
                    for tree in gathered(items, known):
                        yield from _bare(tree)
            case Branch():
                for first, *others in chosen(operation, known):
                    arms = () if others else (first.then, first.orelse)
                    yield from (arm for arm in arms if isinstance(arm, Value))


def _carried(carried: Iterable[Carried]) -> Iterable[Value]:
    for item in carried:
        yield from _bare(item.init)
        yield from _bare(item.result)


def _bare(tree: Tree) -> Iterable[Value]:
    """The leaves of a tree that are not columns of its ``rows`` nodes."""
    if isinstance(tree, Value):
        yield tree
    elif isinstance(tree, Node) and tree.kind != "rows":
        for child in tree.children:
            yield from _bare(child)


def _separate(block: Block, columns: set[Value]) -> Block:
    """The block with separate lists for some columns; the same object if nothing changes."""
    changed = tuple(_separate_one(operation, columns) for operation in block)
    same = all(old is new for old, new in zip(block, changed, strict=True))
    return block if same else changed


def _separate_one(operation: Operation, columns: set[Value]) -> Operation:
    if isinstance(operation, Loop):
        body = _separate(operation.body, columns)
        stacks = tuple(
            replace(s, group="") if s.group and s.tape in columns else s for s in operation.stacks
        )
        same = body is operation.body and all(
            old is new for old, new in zip(operation.stacks, stacks, strict=True)
        )
        return operation if same else replace(operation, body=body, stacks=stacks)
    if isinstance(operation, Branch):
        then, orelse = _separate(operation.then, columns), _separate(operation.orelse, columns)
        same = then is operation.then and orelse is operation.orelse
        return operation if same else replace(operation, then=then, orelse=orelse)
    return operation
