"""Traffic: rounds, and array elements down to and up from each client, as sums over symbols.

A round is one downlink, the clients' work and one uplink, in the order of the program: a message
down behind one up begins a new round. Loops are taken to run at least once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fadc.analyses.schedule import Choice, Repeat, Schedule, Send, Steps, Symbols
from fadc.analyses.scheduling import schedule
from fadc.analyses.sizes import ONE, Size
from fadc.ir import Computation


@dataclass(frozen=True)
class Traffic:
    """What one computation sends and how many rounds it takes."""

    rounds: Size = field(default_factory=Size)
    down: Size = field(default_factory=Size)
    up: Size = field(default_factory=Size)


def traffic(
    computations: Mapping[str, Computation], name: str, symbols: Symbols | None = None
) -> Traffic:
    """The traffic of a computation, of all that it calls too."""
    return traffic_of(schedule(computations, name, symbols))


def traffic_of(planned: Schedule) -> Traffic:
    """The traffic of a schedule."""
    return Traffic(rounds(planned), sent(planned, "down"), sent(planned, "up"))


def sent(planned: Schedule, direction: str) -> Size:
    """The elements that are sent in one direction."""
    sends = (each for each in planned.sends if each.direction == direction)
    return sum((each.size.times(each.count) for each in sends), Size())


def rounds(planned: Schedule) -> Size:
    """How many rounds there are."""
    found = _phases(planned.steps, ONE)
    return found.turns + ONE if found.first else Size()


@dataclass(frozen=True)
class _Phases:
    """A stretch of a schedule: its first and last message's direction, and how often up meets down."""

    first: str = ""
    last: str = ""
    turns: Size = field(default_factory=Size)


def _phases(steps: Steps, count: Size) -> _Phases:
    """The phases of steps that are gone through ``count`` times."""
    whole = _Phases()
    for step in steps:
        part = _part(step, count)
        if part.first:
            turns = whole.turns + part.turns
            if (whole.last, part.first) == ("up", "down"):
                turns += count
            whole = _Phases(whole.first or part.first, part.last, turns)
    return whole


def _part(step: object, count: Size) -> _Phases:
    match step:
        case Send(direction=direction):
            return _Phases(direction, direction)
        case Repeat(steps=steps, entries=entries, count=inner):
            body = _phases(steps, inner)
            again = (inner - entries) if (body.last, body.first) == ("up", "down") else Size()
            return _Phases(body.first, body.last, body.turns + again)
        case Choice(then=then, orelse=orelse):
            arms = [_phases(arm, count) for arm in (then, orelse)]
            first = arms[0] if arms[0].first else arms[1]
            return _Phases(first.first, first.last, arms[0].turns + arms[1].turns)
    return _Phases()
