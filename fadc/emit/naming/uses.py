"""The positions at which values are read, which decide how long a name is held."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from fadc.analyses.rows import grouped
from fadc.emit.naming.inlining import find_inlined
from fadc.ir import (
    Block,
    Branch,
    Computation,
    Loop,
    Operation,
    Stack,
    Value,
    all_leaves,
    bound_inside,
    leaves,
    operands,
    results,
    walk,
    yielded,
)


@dataclass
class Uses:
    """The operations written in place, and the positions at which values are read.

    Positions count the operations in the order of the text; a value that a loop's body reads from
    outside is read until the loop's end.
    """

    inlined: dict[Value, Operation] = field(default_factory=dict)
    positions: dict[Value, list[int]] = field(default_factory=dict)
    starts: dict[Operation, int] = field(default_factory=dict)
    ends: dict[Operation, int] = field(default_factory=dict)
    arms: dict[Operation, tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=dict)
    counts: Counter[Value] = field(default_factory=Counter)
    loops: dict[Value, tuple[Operation, ...]] = field(default_factory=dict)

    def is_from_outside(self, value: Value, other: Value) -> bool:
        """Whether a value is defined outside a loop in which another one is defined."""
        around, inside = self.loops.get(value, ()), self.loops.get(other, ())
        return around != inside and inside[: len(around)] == around

    def is_live(self, value: Value, after: int, excluded: Iterable[tuple[int, int]]) -> bool:
        """Whether a value is read after a position, in parts of the text that can still run."""
        found = self.positions.get(value, [])
        index = len(found) - 1
        for position in range(index, bisect_left(found, after + 1) - 1, -1):
            if not any(first <= found[position] <= last for first, last in excluded):
                return True
        return False


def find_uses(computation: Computation) -> Uses:
    """Number the operations of a computation and find where values are read."""
    uses = Uses()
    for operation in walk(computation.block):
        uses.counts.update(operands(operation))
        uses.counts.update(yielded(operation))
    uses.counts.update(leaves(computation.result))
    uses.inlined = find_inlined(computation.block, (computation.result,), uses.counts)
    end = _Numbering(uses).block(computation.block, 0, ())
    for value in expand(leaves(computation.result), uses):
        uses.positions.setdefault(value, []).append(end)
    return uses


def expand(values: Iterable[Value], uses: Uses) -> Iterable[Value]:
    """The values that are read by name; inlined values are replaced by their operands."""
    stack = list(values)[::-1]
    while stack:
        value = stack.pop()
        maker = uses.inlined.get(value)
        if maker is None:
            yield value
        else:
            stack.extend(list(operands(maker))[::-1])


def early_stacks(loop: Loop) -> tuple[list[Stack], list[Stack]]:
    """The stacks whose rows are known when an iteration starts, and the others."""
    known = set(bound_inside(loop))
    early: list[Stack] = []
    late: list[Stack] = []
    for stacks in grouped(loop.stacks).values():
        items = all_leaves(stack.item for stack in stacks)
        chosen = early if all(value in known for value in items) else late
        chosen += stacks
    return early, late


class _Numbering:
    """Numbers operations in the order of the text."""

    def __init__(self, uses: Uses) -> None:
        self.uses = uses
        self.pending: dict[Operation, dict[Value, None]] = {}

    def block(self, block: Block, position: int, loops: tuple[Operation, ...]) -> int:
        for operation in block:
            for value in results(operation):
                self.uses.loops[value] = loops
            if all(value in self.uses.inlined for value in results(operation)) and not isinstance(
                operation, Loop | Branch
            ):
                continue
            position += 1
            self.uses.starts[operation] = position
            self._read(operands(operation), position, loops)
            if isinstance(operation, Loop):
                position = self._loop(operation, position, loops)
            elif isinstance(operation, Branch):
                position = self._branch(operation, position, loops)
            self.uses.ends[operation] = position
        return position + 1

    def _read(self, values: Iterable[Value], position: int, loops: tuple[Operation, ...]) -> None:
        for value in expand(values, self.uses):
            own = self.uses.loops.get(value, ())
            outer = [loop for loop in loops if loop not in own]
            if outer:
                self.pending.setdefault(outer[0], {})[value] = None
            self.uses.positions.setdefault(value, []).append(position)

    def _loop(self, loop: Loop, position: int, loops: tuple[Operation, ...]) -> int:
        inner = (*loops, loop)
        for value in bound_inside(loop):
            self.uses.loops[value] = inner
        early, late = early_stacks(loop)
        self._read(all_leaves(stack.item for stack in early), position, inner)
        position = self.block(loop.body, position, inner) + 1
        ends = (*(item.result for item in loop.carried), *(stack.item for stack in late))
        self._read(all_leaves(ends), position, inner)
        position += 1
        for value in self.pending.pop(loop, {}):
            self.uses.positions.setdefault(value, []).append(position)
        return position

    def _branch(self, branch: Branch, position: int, loops: tuple[Operation, ...]) -> int:
        spans = []
        for arm, side in ((branch.then, "then"), (branch.orelse, "orelse")):
            first = position + 1
            position = self.block(arm, position, loops) + 1
            trees = [getattr(choice, side) for choice in branch.choices]
            self._read(all_leaves(tree for tree in trees if tree is not None), position, loops)
            spans.append((first, position))
        self.uses.arms[branch] = (spans[0], spans[1])
        return position + 1
