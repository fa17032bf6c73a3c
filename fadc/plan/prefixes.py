"""Prefixes: what tangents of a few inputs can be pushed through before cotangents are pulled back.

Where a computation has few inputs of interest, their tangents are pushed forward as long as nothing
else joins them (Griewank & Walther, *Evaluating Derivatives*, §3.1: the tangents of a few inputs
cost a few times the primal). The rest is differentiated by what leaves the prefix at the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from fadc.analyses.client_work import Active
from fadc.analyses.levels import has_messages, reads
from fadc.ir import (
    Aggregate,
    Block,
    Broadcast,
    Call,
    Loop,
    Operation,
    Placement,
    Value,
    bound_inside,
    placement,
    results,
    walk,
)
from fadc.plan.stages import Section, Stage

SEARCHED = 64
"""The most prefixes that are searched; beyond, as many of those that follow the text, evenly spread."""


@dataclass(frozen=True, eq=False)
class Unit:
    """What is pushed through as a whole: a stage, or a loop, branch or call that exchanges messages.

    ``before`` are the numbers of the units that it depends on, and ``obstacle`` is why nothing can
    be pushed through it. ``stages`` are those inside it, called ones included; ``own`` and ``calls`` are
    what the text has there.
    """

    title: str
    operations: tuple[Operation, ...]
    own: tuple[Stage, ...]
    calls: tuple[Call, ...]
    stages: tuple[Stage, ...]
    before: frozenset[int]
    obstacle: str | None


@dataclass(frozen=True, eq=False)
class Prefix:
    """Some units, and all the operations through which tangents are pushed with them.

    ``obstacle`` is why tangents cannot be pushed through it after all.
    """

    units: tuple[Unit, ...] = ()
    operations: frozenset[Operation] = frozenset()
    obstacle: str | None = None

    @property
    def stages(self) -> frozenset[Stage]:
        return frozenset(stage for unit in self.units for stage in unit.stages)


def find_units(
    block: Block,
    sections: Iterable[Section],
    active: Active,
    obstacle: Callable[[Value], str | None],
) -> tuple[Unit, ...]:
    """The units of a block in their order. ``obstacle`` says why a value has no tangents."""
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
    """What the user calls an operation that holds messages."""
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
    """For each unit the numbers of those that it depends on, along active values."""
    behind: dict[Value, frozenset[int]] = {}
    found: dict[int, frozenset[int]] = {}
    for operation, parts, _ in _parts_of(block, active):
        for read, made in parts:
            units = frozenset[int]().union(*(behind.get(value, frozenset()) for value in read))
            if operation in numbers:
                number = numbers[operation]
                found[number] = found.get(number, frozenset()) | units
                units |= {number}
            behind.update(dict.fromkeys(made, units))
    return found


Parts = list[tuple[list[Value], list[Value]]]
"""What an operation reads and makes of active values; each value of a broadcast by itself."""

Uploading = tuple[Operation, Parts, bool]
"""An operation, its parts, and whether it uploads something, inside it, too."""


def _parts_of(block: Block, active: Active) -> list[Uploading]:
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


def find_prefixes(
    block: Block,
    units: tuple[Unit, ...],
    active: Active,
    seeds: Iterable[Value],
    wanted: Iterable[Value],
    obstacle: Callable[[Operation], str | None],
    told: bool = False,
) -> tuple[Prefix, ...]:
    """Every prefix, smaller ones first, beginning with the empty one; those with obstacles, too.

    ``seeds`` are the inputs that have tangents, ``wanted`` the results that are differentiated;
    ``obstacle`` says why tangents cannot be pushed through an operation. Where choices are ``told``,
    none is left out of those that follow the text.
    """
    seeds, wanted = tuple(seeds), tuple(wanted)
    chosen = list(_closed(units))
    if len(chosen) > SEARCHED:
        chosen = list(_in_order(units)) if told else _spread(list(_in_order(units)))
    ordered = sorted(chosen, key=len)
    parts = _parts_of(block, active)
    clients = frozenset(_made_at_clients(block, active))
    found = [_prefix([units[i] for i in c], parts, clients, seeds, wanted) for c in ordered]
    pushed = frozenset[Operation]().union(*(prefix.operations for prefix in found))
    why = {op: reason for op in block if op in pushed and (reason := obstacle(op))}
    reasons = [
        prefix.obstacle or next((why[op] for op in why if op in prefix.operations), None)
        for prefix in found
    ]
    return tuple(replace(p, obstacle=reason) for p, reason in zip(found, reasons, strict=True))


def _closed(units: tuple[Unit, ...]) -> Iterator[tuple[int, ...]]:
    """The sets of units that have all that is before them, up to one more than are searched."""
    found: list[tuple[int, ...]] = [()]
    for number, unit in enumerate(units):
        if unit.obstacle is None and len(found) <= SEARCHED:
            found += [(*each, number) for each in found if unit.before <= set(each)]
    yield from found


def _in_order(units: tuple[Unit, ...]) -> Iterator[tuple[int, ...]]:
    """The sets that grow with the text."""
    known: tuple[int, ...] = ()
    yield known
    for number, unit in enumerate(units):
        if unit.obstacle is None and unit.before <= set(known):
            known = (*known, number)
            yield known


def _spread(sets: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """As many as are searched, the first and the last among them."""
    last = len(sets) - 1
    kept = {round(index * last / (SEARCHED - 1)) for index in range(SEARCHED)}
    return [sets[index] for index in sorted(kept)]


def _made_at_clients(block: Block, active: Active) -> Iterator[Value]:
    """The active values that clients have, those that they are sent left out."""
    for operation in block:
        for value in () if isinstance(operation, Broadcast) else results(operation):
            if placement(value.type) is Placement.CLIENTS and active(value):
                yield value


def _prefix(
    units: Iterable[Unit],
    parts: list[Uploading],
    clients: frozenset[Value],
    seeds: Iterable[Value],
    wanted: Iterable[Value],
) -> Prefix:
    """The prefix of some units: what leads to them, and what the server makes of their results."""
    units = tuple(units)
    own = {operation for unit in units for operation in unit.operations}
    if not own:
        return Prefix()
    possible, behind = _possible(parts, own, set(seeds))
    needed: set[Value] = set()
    pushed: set[Operation] = set()
    for operation, pairs, _ in reversed(parts):
        for read, made in pairs if operation in possible else ():
            if operation in behind or needed.intersection(made):
                pushed.add(operation)
                needed.update(read)
    kept = _kept(parts, pushed, clients, set(wanted))
    reason = f"clients keep `{kept.name}` for what is not" if kept else None
    return Prefix(units, frozenset(pushed), reason)


def _possible(
    parts: list[Uploading], own: set[Operation], known: set[Value]
) -> tuple[set[Operation], set[Operation]]:
    """The operations that only values with tangents lead to.

    And those among them that are units, or are made at the server of what units result in.
    """
    possible: set[Operation] = set()
    behind: set[Operation] = set()
    late: set[Value] = set()
    for operation, pairs, crosses in parts:
        for read, made in pairs:
            if not known.issuperset(read) or (crosses and operation not in own):
                continue
            possible.add(operation)
            known.update(made)
            at_server = all(placement(value.type) is Placement.SERVER for value in made)
            if operation in own or (at_server and late.intersection(read)):
                behind.add(operation)
                late.update(made)
    return possible, behind


def _kept(
    parts: list[Uploading],
    pushed: set[Operation],
    clients: frozenset[Value],
    wanted: set[Value],
) -> Value | None:
    """A client value that is made in the prefix and read behind it; broadcasts are the server's.

    Its cotangent would have to meet its tangent at the clients.
    """
    made = [
        value
        for operation, *_ in parts
        if operation in pushed
        for value in results(operation)
        if value in clients
    ]
    read = {
        value
        for operation, pairs, _ in parts
        if operation not in pushed
        for values, _ in pairs
        for value in values
    }
    return next((value for value in made if value in read or value in wanted), None)
