"""Where values are read: what is written in place, and until when a name must be kept."""

from __future__ import annotations

import ast
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fadc.analyses.levels import has_messages
from fadc.analyses.rows import grouped
from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Builtin,
    Call,
    Computation,
    Expression,
    Linearized,
    Loop,
    Node,
    Operation,
    Placement,
    Pushforward,
    Stack,
    Tree,
    Value,
    all_leaves,
    bound_inside,
    leaves,
    operands,
    results,
    walk,
    yielded,
)
from fadc.ir.source_text import parsed, spelled


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
        """Whether a value is made before a loop in which another one is made."""
        around, inside = self.loops.get(value, ()), self.loops.get(other, ())
        return around != inside and inside[: len(around)] == around

    def is_live(self, value: Value, after: int, excluded: Iterable[tuple[int, int]]) -> bool:
        """Whether a value is read behind a position, in parts of the text that can still run."""
        found = self.positions.get(value, [])
        index = len(found) - 1
        for position in range(index, bisect_left(found, after + 1) - 1, -1):
            if not any(first <= found[position] <= last for first, last in excluded):
                return True
        return False


def find_uses(computation: Computation) -> Uses:
    """Number the operations of a computation and find all readings."""
    uses = Uses()
    for operation in walk(computation.block):
        uses.counts.update(operands(operation))
        uses.counts.update(yielded(operation))
    uses.counts.update(leaves(computation.result))
    _find_inlined(computation.block, (computation.result,), uses)
    end = _Numbering(uses).block(computation.block, 0, ())
    for value in expand(leaves(computation.result), uses):
        uses.positions.setdefault(value, []).append(end)
    return uses


def _find_inlined(block: Block, ends: Iterable[Tree], uses: Uses) -> None:
    """Anonymous results that are read once, in their own block, are written where they are read.

    So are empty lists, however often they are read. A list of rows is written over the names of its columns.
    """
    columns = set(_columns(ends))
    readers: dict[Value, Operation | None] = {value: None for value in all_leaves(ends)}
    for operation in block:
        readers.update(dict.fromkeys(operands(operation), operation))
        if isinstance(operation, Loop):
            _find_inlined(operation.body, list(yielded(operation)), uses)
        elif isinstance(operation, Branch):
            for arm, side in ((operation.then, "then"), (operation.orelse, "orelse")):
                trees = [getattr(choice, side) for choice in operation.choices]
                _find_inlined(arm, [tree for tree in trees if tree is not None], uses)
    places: dict[Operation | None, int] = {None: len(block)}
    for index, operation in reversed(list(enumerate(block))):
        places[operation] = index
        value = _written_in_place(operation, readers, uses)
        if value is None or value in columns:
            continue
        place = places[readers[value]]
        between = [each for each in block[index + 1 : place] if places[each] < place]
        if not _overtakes(operation, between):
            uses.inlined[value] = operation
            places[operation] = place


def _columns(trees: Iterable[Tree]) -> Iterator[Value]:
    """The lists that lists of rows are made of."""
    for tree in trees:
        if isinstance(tree, Node):
            yield from leaves(tree) if tree.kind == "rows" else _columns(tree.children)


def _written_in_place(
    operation: Operation, readers: dict[Value, Operation | None], uses: Uses
) -> Value | None:
    """The result of an operation whose text may stand where the result is read."""
    found = list(results(operation))
    if isinstance(operation, Loop | Branch) or len(found) != 1:
        return None
    value = found[0]
    if not value.anonymous or value not in readers:
        return None
    if uses.counts[value] != 1 and not _is_empty_list(operation):
        return None
    return value if _may_stand_in(operation, value, readers[value]) else None


def _overtakes(operation: Operation, between: Iterable[Operation]) -> bool:
    """Whether a message, written behind these operations, would belong to another round."""
    if isinstance(operation, Broadcast | Aggregate):
        return any(_sends(each) and type(each) is not type(operation) for each in between)
    return _sends(operation) and any(map(_sends, between))


def _sends(operation: Operation) -> bool:
    return isinstance(operation, Broadcast | Aggregate) or has_messages(operation)


def _is_empty_list(operation: Operation) -> bool:
    """Whether an operation makes an empty list, which a name would turn into a tape."""
    function = operation.function if isinstance(operation, Apply) else None
    return isinstance(function, Expression) and spelled(function.source) in ("[]", "list()")


def _may_stand_in(operation: Operation, value: Value, reader: Operation | None) -> bool:
    """Whether an operation's text may stand inside that of the operation that reads its result."""
    if isinstance(operation, Apply) and isinstance(operation.function, Linearized | Pushforward):
        return False
    if isinstance(operation, Apply | Call) and not isinstance(operation.result, Value):
        return False
    if isinstance(operation, Apply) and operation.placement is Placement.STATIC:
        return True
    local = isinstance(operation, Apply) and operation.placement is Placement.SERVER
    if isinstance(operation, Broadcast | Aggregate | Call) and _runs_otherwise(reader, value):
        return False
    if isinstance(reader, Apply) and isinstance(reader.function, Linearized | Pushforward):
        if reader.placement is not Placement.CLIENTS:
            return local and _is_argument(reader, value)
        return not isinstance(operation, Call)
    if isinstance(reader, Apply) and isinstance(reader.function, Builtin):
        message = isinstance(operation, Broadcast | Aggregate)
        return local or not (message and reader.function.name in ("item", "pull"))
    if isinstance(reader, Loop):
        return local and any(item.init is value for item in reader.carried)
    return not isinstance(reader, Branch)


_WITHIN = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.BoolOp
"""What runs its parts several times, later or perhaps not; so do conditions and chains of comparisons."""


def _runs_otherwise(reader: Operation | None, value: Value) -> bool:
    """Whether an expression reads a value where no message may stand."""
    if not isinstance(reader, Apply) or not isinstance(reader.function, Expression):
        return False
    pairs = zip(reader.function.parameters, reader.args, strict=True)
    names = {name for name, tree in pairs if value in leaves(tree)}
    return any(
        isinstance(inner, ast.Name) and inner.id in names
        for node in ast.walk(parsed(reader.function.source))
        if isinstance(node, _WITHIN | ast.IfExp | ast.Compare)
        for inner in ast.walk(node)
    )


def _is_argument(reader: Apply, value: Value) -> bool:
    """Whether a value is an argument of the differentiated function, not captured by it."""
    function = reader.function
    assert isinstance(function, Linearized | Pushforward)
    if isinstance(function.function, Expression):
        count = len(function.function.parameters)
        index = next((i for i, arg in enumerate(reader.args[:count]) if arg is value), None)
        return index is None or index in function.active
    return True


def expand(values: Iterable[Value], uses: Uses) -> Iterable[Value]:
    """The values that are read by name where these are read: inlined ones stand for their operands."""
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
