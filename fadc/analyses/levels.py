"""Levels: the number of uplinks before a value, as early as its dependences allow.

Two messages of one direction and one level can be merged. A loop, a branch or a call with messages
inside has a level one higher than all that it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fadc.ir import (
    Aggregate,
    Block,
    Branch,
    Broadcast,
    Call,
    Computation,
    Loop,
    Operation,
    Sweep,
    Value,
    blocks,
    bound_inside,
    defined,
    operands,
    results,
    used,
    walk,
    yielded,
)


@dataclass
class Levels:
    """The levels of the operations of one block and of the values they define."""

    operations: dict[Operation, int] = field(default_factory=dict)
    values: dict[Value, int] = field(default_factory=dict)

    def of(self, value: Value) -> int:
        return self.values.get(value, 0)


def levels(block: Block, given: Mapping[Value, int] | None = None) -> Levels:
    """The levels of a block; values from outside it are at level 0 unless ``given``."""
    found = Levels(values=dict(given or {}))
    for operation in block:
        level = max((found.of(value) for value in reads(operation)), default=0)
        found.operations[operation] = level
        # The parts of one message arrive together: the last one decides when.
        up = isinstance(operation, Aggregate) or has_messages(operation)
        after = level + (1 if up else 0)
        for value in results(operation):
            found.values[value] = after
    return found


def late_levels(computation: Computation) -> dict[Value, int]:
    """The level of a computation's cotangents: that of the last message of its primal sweep."""
    if not computation.late:
        return {}
    primal = tuple(op for op in computation.block if op.sweep is Sweep.PRIMAL)
    last = max(levels(primal).values.values(), default=0)
    return dict.fromkeys(computation.late, last)


def has_messages(operation: Operation) -> bool:
    """Whether an operation contains messages; a call always may."""
    return isinstance(operation, Call) or any(
        isinstance(inner, Broadcast | Aggregate | Call)
        for block in blocks(operation)
        for inner in walk(block)
    )


def reads(operation: Operation) -> dict[Value, None]:
    """The values from outside that an operation or its inner blocks read, in order."""
    found = dict.fromkeys(operands(operation))
    if not isinstance(operation, Loop | Branch):
        return found
    inner: set[Value] = set(bound_inside(operation))
    for block in blocks(operation):
        found.update(dict.fromkeys(used(block)))
        inner |= defined(block)
    found.update(dict.fromkeys(yielded(operation)))
    return {value: None for value in found if value not in inner}
