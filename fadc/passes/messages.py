"""Messages that travel at the same time travel together.

Broadcasts of one level become one broadcast; so do aggregations of one level through one mechanism.
Afterwards the block is in the order of its dependences, otherwise as it was.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import replace

from fadc.analyses.levels import Levels, levels, reads
from fadc.ir import Aggregate, Block, Branch, Broadcast, Loop, Operation, Value, results

Group = tuple[object, ...]


def merge_messages(block: Block, late: Mapping[Value, int] | None = None) -> Block:
    """Merge what can travel together; ``late`` values are known only at their level."""
    block = tuple(_inside(operation) for operation in block)
    found = levels(block, late)
    groups: dict[Group, list[Operation]] = {}
    for operation in block:
        key = _group(operation, found)
        if key is not None:
            groups.setdefault(key, []).append(operation)
    merged: dict[Operation, Operation] = {}
    for members in groups.values():
        if len(members) > 1:
            joined = _join(members)
            merged.update(dict.fromkeys(members, joined))
    if not merged:
        return block
    return _in_order(list(dict.fromkeys(merged.get(op, op) for op in block)))


def _inside(operation: Operation) -> Operation:
    if isinstance(operation, Loop):
        return replace(operation, body=merge_messages(operation.body))
    if isinstance(operation, Branch):
        return replace(
            operation,
            then=merge_messages(operation.then),
            orelse=merge_messages(operation.orelse),
        )
    return operation


def _group(operation: Operation, found: Levels) -> Group | None:
    if isinstance(operation, Broadcast):
        return ("down", found.operations[operation])
    if isinstance(operation, Aggregate):
        return ("up", found.operations[operation], operation.aggregator)
    return None


def _join(members: list[Operation]) -> Operation:
    """One message; it keeps the place in the source of its first part."""
    first = members[0]
    values = tuple(v for m in members if isinstance(m, Broadcast | Aggregate) for v in m.values)
    found = tuple(v for m in members if isinstance(m, Broadcast | Aggregate) for v in m.results)
    return replace(first, values=values, results=found)  # type: ignore[call-arg]


def _in_order(operations: list[Operation]) -> Block:
    """A topological order: of the operations that are ready the earliest one comes next."""
    makers = {value: index for index, op in enumerate(operations) for value in results(op)}
    waiting: list[set[int]] = []
    users: list[list[int]] = [[] for _ in operations]
    for index, operation in enumerate(operations):
        needs = {makers[v] for v in reads(operation) if v in makers and makers[v] != index}
        waiting.append(needs)
        for maker in needs:
            users[maker].append(index)
    ready = [index for index, needs in enumerate(waiting) if not needs]
    heapq.heapify(ready)
    order: list[Operation] = []
    while ready:
        index = heapq.heappop(ready)
        order.append(operations[index])
        for user in users[index]:
            waiting[user].discard(index)
            if not waiting[user]:
                heapq.heappush(ready, user)
    assert len(order) == len(operations), "merged messages wait for each other"
    return tuple(order)
