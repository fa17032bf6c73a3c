"""Units: the parts through which tangents are pushed as a whole, and their dependences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fadc.analyses.client_work import Active
from fadc.analyses.levels import has_messages, reads
from fadc.ir import (
    Aggregate,
    Block,
    Broadcast,
    Call,
    Loop,
    Operation,
    Value,
    bound_inside,
    results,
    walk,
)
from fadc.plan.stages import Section, Stage


@dataclass(frozen=True, eq=False)
class Unit:
    """A stage, or a loop, branch or call with messages: tangents are pushed through all of it.

    ``before`` are the numbers of the units that it depends on, and ``obstacle`` is the reason why
    nothing can be pushed through it. ``stages`` are all stages inside it, including those of
    callees; ``own`` and ``calls`` are the stages and calls in the block's own text.
    """

    title: str
    operations: tuple[Operation, ...]
    own: tuple[Stage, ...]
    calls: tuple[Call, ...]
    stages: tuple[Stage, ...]
    before: frozenset[int]
    obstacle: str | None


def find_units(
    block: Block,
    sections: Iterable[Section],
    active: Active,
    obstacle: Callable[[Value], str | None],
) -> tuple[Unit, ...]:
    """The units of a block in order. ``obstacle`` tells why a value has no tangents."""
    sections = tuple(sections)
    own = {r: stage for each in sections for stage in each.stages for r in stage.results}
    groups: dict[object, list[Operation]] = {}
    for operation in block:
        found = [value for value in results(operation) if active(value)]
        if isinstance(operation, Aggregate) and found:
            groups.setdefault(own[found[0]], []).append(operation)
        elif has_messages(operation) and found:
            groups[operation] = [operation]
    numbers = {op: number for number, group in enumerate(groups.values()) for op in group}
    before = _before(block, numbers, active)
    return tuple(
        _unit(tuple(group), sections, own, before[number], active, obstacle)
        for number, group in enumerate(groups.values())
    )


def _unit(
    operations: tuple[Operation, ...],
    sections: tuple[Section, ...],
    own: dict[Value, Stage],
    before: frozenset[int],
    active: Active,
    obstacle: Callable[[Value], str | None],
) -> Unit:
    inner = list(walk(operations))
    found = {each: [value for value in results(each) if active(value)] for each in inner}
    made = {own[value]: None for values in found.values() for value in values if value in own}
    calls = tuple(each for each in inner if isinstance(each, Call) and found[each])
    called = [stage for s in sections if s.call in calls for stage in s.stages]
    values = {v for each in inner for v in (*found[each], *bound_inside(each)) if active(v)}
    reasons = sorted({reason for value in values if (reason := obstacle(value))})
    named = [*(stage.title for stage in made), *map(title_of, calls)]
    title = ", ".join(named) or title_of(operations[0])
    return Unit(title, operations, (*made,), calls, (*made, *called), before, (*reasons, None)[0])


def title_of(operation: Operation) -> str:
    """The title of an operation with messages, in the user's words."""
    line = operation.span.start_line
    match operation:
        case Call():
            return f"the call of `{operation.computation}`, line {line}"
        case Loop():
            return f"the loop in line {line}"
        case _:
            return f"the branch in line {line}"


def _before(
    block: Block, numbers: dict[Operation, int], active: Active
) -> dict[int, frozenset[int]]:
    """For each unit, the numbers of those that it depends on, along active values."""
    behind: dict[Value, frozenset[int]] = {}
    found: dict[int, frozenset[int]] = {}
    for operation, parts, _ in parts_of(block, active):
        for read, made in parts:
            units = frozenset[int]().union(*(behind.get(value, frozenset()) for value in read))
            if operation in numbers:
                number = numbers[operation]
                found[number] = found.get(number, frozenset()) | units
                units |= {number}
            behind.update(dict.fromkeys(made, units))
    return found


Parts = list[tuple[list[Value], list[Value]]]
"""The active values that an operation reads and makes; each value of a broadcast separately."""

Uploading = tuple[Operation, Parts, bool]
"""An operation, its parts, and whether it uploads something, inside it, too."""


def parts_of(block: Block, active: Active) -> list[Uploading]:
    """The operations of a block with their parts."""
    return [
        (each, _parts(each, active), isinstance(each, Aggregate) or has_messages(each))
        for each in block
    ]


def _parts(operation: Operation, active: Active) -> Parts:
    if isinstance(operation, Broadcast):
        pairs = zip(operation.values, operation.results, strict=True)
        return [([value], [result]) for value, result in pairs if active(result)]
    made = [value for value in results(operation) if active(value)]
    return [([value for value in reads(operation) if active(value)], made)] if made else []
