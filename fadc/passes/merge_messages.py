"""Messages that are sent at the same time are merged.

Broadcasts of one level become one broadcast; so do aggregations of one level through one mechanism.
Operations are then put in an order that respects their dependences and otherwise stays as it was.

    %a = broadcast %v                      %a, %b = broadcast %v, %w
    %x = apply clients `f` (%a)            %x = apply clients `f` (%a)
    %b = broadcast %w           becomes    %y = apply clients `g` (%b)
    %s = aggregate sum %x                  %s, %t = aggregate sum %x, %y
    %y = apply clients `g` (%b)
    %t = aggregate sum %y
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import replace

from fadc.analyses.levels import Levels, levels, reads
from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Loop,
    Operation,
    Placement,
    Value,
    results,
)

Group = tuple[object, ...]
Members = list[Broadcast | Aggregate]


def merge_messages(block: Block, late: Mapping[Value, int], resend: bool) -> Block:
    """Merge the messages of a block; ``late`` values are known only at their level.

    With ``resend`` a broadcast waits for the round that uses it, so that no client remembers it.
    """
    block = tuple(_inside(operation, resend) for operation in block)
    found = levels(block, late)
    if resend:
        _delay(block, found)
    groups: dict[Group, Members] = {}
    for operation in block:
        if isinstance(operation, Broadcast | Aggregate):
            groups.setdefault(_group(operation, found), []).append(operation)
    joinable = [members for members in groups.values() if len(members) > 1]
    if not joinable:
        return block
    return _joined(block, joinable) or _joined_where_possible(block, joinable)


def _joined(block: Block, groups: list[Members]) -> Block | None:
    """The block with each group as one message; None if messages then depended on each other."""
    merged: dict[Operation, Operation] = {}
    for members in groups:
        merged.update(dict.fromkeys(members, _join(members)))
    return _in_order(list(dict.fromkeys(merged.get(op, op) for op in block)))


def _joined_where_possible(block: Block, groups: list[Members]) -> Block:
    """The block with groups merged one by one, except where messages would depend on each other."""
    kept: list[Members] = []
    found = block
    for members in groups:
        joined = _joined(block, [*kept, members])
        if joined is not None:
            kept.append(members)
            found = joined
    return found


def _inside(operation: Operation, resend: bool) -> Operation:
    if isinstance(operation, Loop):
        return replace(operation, body=merge_messages(operation.body, {}, resend))
    if isinstance(operation, Branch):
        return replace(
            operation,
            then=merge_messages(operation.then, {}, resend),
            orelse=merge_messages(operation.orelse, {}, resend),
        )
    return operation


def _delay(block: Block, found: Levels) -> None:
    """Put each broadcast, and the client values made from it, on the level of its first use."""
    first: dict[Value, int] = {}
    for operation in reversed(block):
        if isinstance(operation, Broadcast) or _is_client_work(operation):
            uses = [first[value] for value in results(operation) if value in first]
            found.operations[operation] = max(found.operations[operation], min(uses, default=0))
        level = found.operations[operation]
        for value in reads(operation):
            first[value] = min(first.get(value, level), level)


def _is_client_work(operation: Operation) -> bool:
    return isinstance(operation, Apply) and operation.placement is Placement.CLIENTS


def _group(operation: Broadcast | Aggregate, found: Levels) -> Group:
    if isinstance(operation, Broadcast):
        return ("down", found.operations[operation])
    return ("up", found.operations[operation], operation.aggregator)


def _join(members: Members) -> Broadcast | Aggregate:
    """The merged message; it has the span of its first part."""
    first = members[0]
    values = tuple(value for member in members for value in member.values)
    found = tuple(value for member in members for value in member.results)
    return replace(first, values=values, results=found)  # type: ignore[arg-type]


def _in_order(operations: list[Operation]) -> Block | None:
    """A topological order: of the operations that are ready, the earliest one is next.

    None where there is no order.
    """
    makers = {value: index for index, op in enumerate(operations) for value in results(op)}
    waiting: list[set[int]] = []
    users: list[list[int]] = [[] for _ in operations]
    for index, operation in enumerate(operations):
        needs = {makers[v] for v in reads(operation) if v in makers and makers[v] != index}
        waiting.append(needs)
        for maker in needs:
            users[maker].append(index)
    # In order, as a heap is.
    ready = [index for index, needs in enumerate(waiting) if not needs]
    order: list[Operation] = []
    while ready:
        index = heapq.heappop(ready)
        order.append(operations[index])
        for user in users[index]:
            waiting[user].discard(index)
            if not waiting[user]:
                heapq.heappush(ready, user)
    return tuple(order) if len(order) == len(operations) else None
