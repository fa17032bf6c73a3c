"""Results that are written in place, where they are read, instead of under a name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from fadc.analyses.levels import has_messages
from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Builtin,
    Call,
    Expression,
    Linearized,
    Loop,
    Node,
    Operation,
    Placement,
    Pushforward,
    Tree,
    Value,
    all_leaves,
    leaves,
    operands,
    results,
    yielded,
)
from fadc.ir.source_text import parsed, spelled

Readers = dict[Value, Operation | None]
"""The operation that reads each value of a block; None for values that the block yields."""


def find_inlined(
    block: Block, ends: Iterable[Tree], counts: Mapping[Value, int]
) -> dict[Value, Operation]:
    """Find the results to write in place: anonymous ones that are read once, in their own block.

    Empty lists are included, however often they are read. A list of rows is written with the names
    of its columns.
    """
    inlined: dict[Value, Operation] = {}
    _find_inlined(block, ends, counts, inlined)
    return inlined


def _find_inlined(
    block: Block,
    ends: Iterable[Tree],
    counts: Mapping[Value, int],
    inlined: dict[Value, Operation],
) -> None:
    columns = set(_columns(ends))
    readers: Readers = {value: None for value in all_leaves(ends)}
    for operation in block:
        readers.update(dict.fromkeys(operands(operation), operation))
        if isinstance(operation, Loop):
            _find_inlined(operation.body, list(yielded(operation)), counts, inlined)
        elif isinstance(operation, Branch):
            for arm, side in ((operation.then, "then"), (operation.orelse, "orelse")):
                trees = [getattr(choice, side) for choice in operation.choices]
                _find_inlined(arm, [tree for tree in trees if tree is not None], counts, inlined)
    places: dict[Operation | None, int] = {None: len(block)}
    for index, operation in reversed(list(enumerate(block))):
        places[operation] = index
        value = _written_in_place(operation, readers, counts, inlined)
        if value is None or value in columns:
            continue
        place = places[readers[value]]
        between = [each for each in block[index + 1 : place] if places[each] < place]
        if not _overtakes(operation, between):
            inlined[value] = operation
            places[operation] = place


def _columns(trees: Iterable[Tree]) -> Iterator[Value]:
    """The lists from which lists of rows are zipped."""
    for tree in trees:
        if isinstance(tree, Node):
            yield from leaves(tree) if tree.kind == "rows" else _columns(tree.children)


def _written_in_place(
    operation: Operation,
    readers: Readers,
    counts: Mapping[Value, int],
    inlined: Mapping[Value, Operation],
) -> Value | None:
    """The result of an operation whose text may be written where the result is read."""
    found = list(results(operation))
    if isinstance(operation, Loop | Branch) or len(found) != 1:
        return None
    value = found[0]
    if not value.anonymous or value not in readers:
        return None
    if counts[value] != 1 and not _is_empty_list(operation):
        return None
    return value if _may_stand_in(operation, value, readers, inlined) else None


def _overtakes(operation: Operation, between: Iterable[Operation]) -> bool:
    """Whether a message would belong to another round if it were written after these operations."""
    if isinstance(operation, Broadcast | Aggregate):
        return any(_sends(each) and type(each) is not type(operation) for each in between)
    return _sends(operation) and any(map(_sends, between))


def _sends(operation: Operation) -> bool:
    return isinstance(operation, Broadcast | Aggregate) or has_messages(operation)


def _is_empty_list(operation: Operation) -> bool:
    """Whether an operation makes an empty list, which would be read as a tape if it had a name."""
    function = operation.function if isinstance(operation, Apply) else None
    return isinstance(function, Expression) and spelled(function.source) in ("[]", "list()")


def _may_stand_in(
    operation: Operation, value: Value, readers: Readers, inlined: Mapping[Value, Operation]
) -> bool:
    """Whether an operation's text may be part of that of the operation that reads its result."""
    reader = readers[value]
    if isinstance(operation, Apply) and isinstance(operation.function, Linearized | Pushforward):
        return False
    if isinstance(operation, Apply | Call) and not isinstance(operation.result, Value):
        return False
    if isinstance(operation, Apply) and operation.placement is Placement.STATIC:
        return True
    local = isinstance(operation, Apply) and operation.placement is Placement.SERVER
    if isinstance(operation, Broadcast | Aggregate | Call):
        if any(_runs_otherwise(*each) for each in _around(value, readers, inlined)):
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


def _around(
    value: Value, readers: Readers, inlined: Mapping[Value, Operation]
) -> Iterator[tuple[Operation | None, Value]]:
    """The operations whose text would contain a value's: its reader, and those around that."""
    reader = readers[value]
    yield reader, value
    for result in results(reader) if reader is not None else ():
        if result in inlined:
            yield from _around(result, readers, inlined)


_WITHIN = ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp | ast.BoolOp
"""Nodes whose parts run several times, later, or perhaps not at all."""


def _runs_otherwise(reader: Operation | None, value: Value) -> bool:
    """Whether an expression reads a value where no message is allowed, or more than once."""
    if not isinstance(reader, Apply) or not isinstance(reader.function, Expression):
        return False
    pairs = zip(reader.function.parameters, reader.args, strict=True)
    names = {name for name, tree in pairs if value in leaves(tree)}
    source = parsed(reader.function.source)
    read = [node.id for node in ast.walk(source) if isinstance(node, ast.Name)]
    return any(read.count(name) > 1 for name in names) or any(
        isinstance(inner, ast.Name) and inner.id in names
        for node in ast.walk(source)
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
