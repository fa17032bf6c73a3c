"""Residuals: the primal sweep's loops and branches keep what the reverse sweep reads inside them.

    loop 1 %i in range(%n) … {                        loop 1 %i in range(%n) … {
      %v = …                                            %v = …
    }                                                   stack %v_tape <- %v
                                         becomes      }
    loop 1 %_ in reversed range(%n) … {               loop 1 %v.2 in reversed tape(%v_tape) … {
      … %v                                              … %v.2
    }                                                 }

Operations of the two sweeps with the same mark run over the same iterations or take the same arm;
``hand_over_loop`` and ``hand_over_branch`` treat such pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fadc.analyses.levels import reads
from fadc.ir import (
    Block,
    Branch,
    Loop,
    Operation,
    Tree,
    Value,
    blocks,
    defined,
    substitute,
)
from fadc.passes.hand_over_branch import SIDES, hand_over_branch, handed_out, with_arm
from fadc.passes.hand_over_loop import hand_over_loop


def keep_residuals(block: Block) -> Block:
    """A block in which no operation reads values inside another one any more.

    The blocks inside a pair are traversed once, for both operations together.
    """
    kept = list(block)
    partners = _partners(block)
    paired = {*partners, *partners.values()}
    for index, operation in enumerate(kept):
        if index in partners:
            first = partners[index]
            kept[first], kept[index] = _pair(kept[first], operation)
        elif isinstance(operation, Loop | Branch) and index not in paired:
            kept[index] = _inside(operation)
    return _handed_on(kept)


def _partners(block: Block) -> dict[int, int]:
    """For each operation, by position, the first earlier operation with the same mark, if any."""
    first: dict[int, int] = {}
    found: dict[int, int] = {}
    for index, operation in enumerate(block):
        if isinstance(operation, Loop | Branch) and operation.mark > 0:
            if first.setdefault(operation.mark, index) < index:
                found[index] = first[operation.mark]
    return found


def _inside(operation: Loop | Branch) -> Loop | Branch:
    if isinstance(operation, Loop):
        return replace(operation, body=keep_residuals(operation.body))
    return replace(
        operation, then=keep_residuals(operation.then), orelse=keep_residuals(operation.orelse)
    )


def _pair(first: Operation, second: Operation) -> tuple[Operation, Operation]:
    """Two operations with one mark, innermost blocks first."""
    if isinstance(first, Loop) and isinstance(second, Loop):
        forward, backward = _split(first.body, second.body)
        return hand_over_loop(replace(first, body=forward), replace(second, body=backward))
    assert isinstance(first, Branch) and isinstance(second, Branch)
    then, then_back = _split(first.then, second.then)
    orelse, orelse_back = _split(first.orelse, second.orelse)
    first = replace(first, then=then, orelse=orelse)
    return hand_over_branch(first, replace(second, then=then_back, orelse=orelse_back))


def _split(forward: Block, backward: Block) -> tuple[Block, Block]:
    """The two blocks, where what the second reads inside the first's operations is passed to it."""
    joined = keep_residuals((*forward, *backward))
    return joined[: len(forward)], joined[len(forward) :]


# What later operations read inside a branch ------------------------------------------------------


def _handed_on(block: list[Operation]) -> Block:
    """The block in which values that later operations read inside a branch are results of it.

    These operations are under the same condition, as every reader of a value inside a branch is.
    """
    wanted = _read_inside(block)
    renamed: dict[Value, Tree] = {}
    kept: list[Operation] = []
    for operation in block:
        (changed,) = substitute((operation,), lambda v: renamed.get(v, v))
        if isinstance(changed, Branch) and operation in wanted:
            changed = _handing_out(changed, wanted[operation], renamed)
        kept.append(changed)
    return tuple(kept)


def _read_inside(block: list[Operation]) -> dict[Operation, dict[Value, None]]:
    """The values inside each branch that other operations of the block read."""
    homes = {
        value: operation
        for operation in block
        if isinstance(operation, Branch)
        for arm in blocks(operation)
        for value in defined(arm)
    }
    wanted: dict[Operation, dict[Value, None]] = {}
    for operation in block if homes else ():
        for value in reads(operation):
            if value in homes and homes[value] is not operation:
                wanted.setdefault(homes[value], {})[value] = None
    return wanted


def _handing_out(branch: Branch, values: Iterable[Value], renamed: dict[Value, Tree]) -> Branch:
    """A branch with values of its arms as results, and a map from the values to these results."""
    for side in SIDES:
        arm: Block = getattr(branch, side)
        found = [value for value in values if value in defined(arm)]
        outside: dict[Value, Tree] = {}
        arm = _handing_out_deeper(arm, found, outside)
        outputs = {value: replace(value) for value in found}
        renamed.update(outputs)
        out = [handed_out(outside.get(v, v), new, side) for v, new in outputs.items()]
        branch = with_arm(replace(branch, choices=(*branch.choices, *out)), side, arm)
    return branch


def _handing_out_deeper(arm: Block, values: list[Value], renamed: dict[Value, Tree]) -> Block:
    """An arm whose nested branches have the wanted values as results."""
    return tuple(
        _handing_out(operation, values, renamed) if isinstance(operation, Branch) else operation
        for operation in arm
    )
