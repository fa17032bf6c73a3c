"""Traffic: rounds, and array elements down to and up from each client, as sums over symbols.

A round is one downlink, the clients' work and one uplink, in the order of the program: a message
down behind one up begins a new round. Loops are taken to run at least once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fadc.analyses.schedule import Alternative, Repeat, Schedule, Send, Steps, Symbols, flat
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
    """How many rounds there are: one, and one more each time a message down follows one up."""
    turns, _ = _turns(planned.steps, ONE, Size())
    return turns + ONE if planned.sends else Size()


def _turns(steps: Steps, count: Size, ups: Size) -> tuple[Size, Size]:
    """How often a message down follows one up, in steps that are gone through ``count`` times.

    ``ups`` says how many of these times the last message before was one up, and the second result
    how many times it is one behind them.
    """
    turns = Size()
    for step in steps:
        match step:
            case Send(direction="down"):
                turns, ups = turns + ups, Size()
            case Send():
                ups = count
            case Repeat():
                more, ups = _turns_of_loop(step, ups)
                turns += more
            case Alternative():
                more, ups = _turns_of_choice(step, count, ups)
                turns += more
    return turns, ups


def _turns_of_loop(loop: Repeat, ups: Size) -> tuple[Size, Size]:
    """An iteration follows the one before it, the first one what is in front of the loop."""
    if not any(isinstance(step, Send) for step in flat(loop.steps)):
        return Size(), ups
    _, end = _turns(loop.steps, loop.count, Size())
    again = loop.count - loop.entries if end == loop.count else Size()
    turns, end = _turns(loop.steps, loop.count, ups + again)
    return turns, loop.entries if end == loop.count else Size()


def _turns_of_choice(choice: Alternative, count: Size, ups: Size) -> tuple[Size, Size]:
    """Each arm follows what is in front of the branch as often as it is taken."""
    total, after = Size(), Size()
    for arm, taken in ((choice.then, choice.holds), (choice.orelse, choice.fails)):
        before = taken if ups in (count, taken) else Size()
        turns, end = _turns(arm, taken, before)
        total, after = total + turns, after + end
    return total, count if after == choice.holds + choice.fails else after
