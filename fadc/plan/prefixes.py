"""Prefixes: parts of a computation through which tangents of a few inputs can be pushed.

Where a computation has few inputs of interest, their tangents are pushed forward as long as nothing
else joins them (Griewank & Walther, *Evaluating Derivatives*, §3.1: the tangents of a few inputs
cost a few times the primal). The rest is differentiated in reverse, with respect to the prefix's
results at the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from fadc.analyses.client_work import Active
from fadc.ir import (
    Block,
    Broadcast,
    Operation,
    Placement,
    Value,
    placement,
    results,
)
from fadc.plan.stages import Stage
from fadc.plan.units import Unit, Uploading, parts_of

SEARCHED = 64
"""The most prefixes that are searched; beyond, as many of those that follow the text, evenly spread."""


@dataclass(frozen=True, eq=False)
class Prefix:
    """Some units, and all operations through which tangents are pushed with them.

    ``obstacle`` is the reason why tangents cannot be pushed through it, if there is one.
    """

    units: tuple[Unit, ...] = ()
    operations: frozenset[Operation] = frozenset()
    obstacle: str | None = None

    @property
    def stages(self) -> frozenset[Stage]:
        return frozenset(stage for unit in self.units for stage in unit.stages)


def find_prefixes(
    block: Block,
    units: tuple[Unit, ...],
    active: Active,
    seeds: Iterable[Value],
    wanted: Iterable[Value],
    obstacle: Callable[[Operation], str | None],
    told: bool = False,
) -> tuple[Prefix, ...]:
    """Every prefix, smaller ones first, from the empty one on, including those with obstacles.

    ``seeds`` are the inputs that have tangents, ``wanted`` the results that are differentiated;
    ``obstacle`` tells why tangents cannot be pushed through an operation. If choices are ``told``
    by the user, no prefix that follows the text is left out.
    """
    seeds, wanted = tuple(seeds), tuple(wanted)
    chosen = list(_closed(units))
    if len(chosen) > SEARCHED:
        chosen = list(_in_order(units)) if told else _spread(list(_in_order(units)))
    ordered = sorted(chosen, key=len)
    parts = parts_of(block, active)
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
    """The sets of units that contain all units before each, at most one more than is searched."""
    found: list[tuple[int, ...]] = [()]
    for number, unit in enumerate(units):
        if unit.obstacle is None and len(found) <= SEARCHED:
            found += [(*each, number) for each in found if unit.before <= set(each)]
    yield from found


def _in_order(units: tuple[Unit, ...]) -> Iterator[tuple[int, ...]]:
    """The sets of the first units in the order of the text."""
    known: tuple[int, ...] = ()
    yield known
    for number, unit in enumerate(units):
        if unit.obstacle is None and unit.before <= set(known):
            known = (*known, number)
            yield known


def _spread(sets: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """As many of the sets as are searched, including the first and the last."""
    last = len(sets) - 1
    kept = {round(index * last / (SEARCHED - 1)) for index in range(SEARCHED)}
    return [sets[index] for index in sorted(kept)]


def _made_at_clients(block: Block, active: Active) -> Iterator[Value]:
    """The active client values, except those that are broadcast."""
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
    """The prefix of some units: what leads to them, and the server's work on their results."""
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
    """The operations all of whose active inputs have tangents.

    And those among them that are units, or the server's work on results of units.
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
    """A client value that is made in the prefix and read after it, except broadcast values.

    Its cotangent would have to be contracted with its tangent at the clients.
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
