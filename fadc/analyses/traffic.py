"""Traffic: rounds, and array elements down to and up from each client, as sums over symbols.

A round is one downlink, the clients' work and one uplink, in the order of the program: a message
down after one up begins a new round. Loops are assumed to run at least once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fadc.analyses.schedule import (
    Alternative,
    Enter,
    Repeat,
    Routine,
    Schedule,
    Send,
    Step,
    Steps,
    Symbols,
)
from fadc.analyses.scheduling import schedule
from fadc.analyses.sizes import ONE, Size, total
from fadc.ir import Computation


@dataclass(frozen=True)
class Traffic:
    """The messages' sizes and the rounds of one computation."""

    rounds: Size = field(default_factory=Size)
    down: Size = field(default_factory=Size)
    up: Size = field(default_factory=Size)


def traffic(
    computations: Mapping[str, Computation], name: str, symbols: Symbols | None = None
) -> Traffic:
    """The traffic of a computation, including all that it calls."""
    return traffic_of(schedule(computations, name, symbols))


def traffic_of(planned: Schedule) -> Traffic:
    """The traffic of a schedule."""
    return Traffic(rounds(planned), sent(planned, "down"), sent(planned, "up"))


def sent(planned: Schedule, direction: str) -> Size:
    """The number of elements sent in one direction."""
    sends = (each for each in planned.sends if each.direction == direction)
    return total(each.size.times(each.count) for each in sends)


def rounds(planned: Schedule) -> Size:
    """The number of rounds: one, and one more each time a message down follows one up."""
    turns, _ = _Turns().of_steps(planned.steps, ONE, Size())
    return turns + ONE if planned.sends else Size()


Turns = tuple[Size, Size]
"""How often a message down follows one up, and how often the last message is one up."""


@dataclass
class _Turns:
    """Counts turns; those of a loop, branch or call are counted once for each state before it.

    ``ups`` is the number of times that the last message before the steps was one up; the second
    result is that number after the steps.
    """

    known: dict[tuple[Step | Routine, frozenset[object]], Turns] = field(default_factory=dict)
    sending: dict[Step | Routine, bool] = field(default_factory=dict)

    def of_steps(self, steps: Steps, count: Size, ups: Size) -> Turns:
        """The turns in steps that run ``count`` times."""
        turns = Size()
        for step in steps:
            match step:
                case Send(direction="down"):
                    turns, ups = turns + ups, Size()
                case Send():
                    ups = count
                case Repeat() | Alternative():
                    more, ups = self._of_step(step, count, ups)
                    turns += more
                case Enter(routine=routine):
                    more, ups = self._of_step(routine, count, ups)
                    turns += more
        return turns, ups

    def _of_step(self, step: Repeat | Alternative | Routine, count: Size, ups: Size) -> Turns:
        key = step, frozenset(ups.terms.items())
        if key not in self.known:
            match step:
                case Repeat():
                    self.known[key] = self._of_loop(step, ups)
                case Alternative():
                    self.known[key] = self._of_choice(step, count, ups)
                case Routine(steps=steps):
                    self.known[key] = self.of_steps(steps, count, ups)
        return self.known[key]

    def _of_loop(self, loop: Repeat, ups: Size) -> Turns:
        """An iteration follows the one before it, the first one the steps before the loop."""
        if not self._sends(loop):
            return Size(), ups
        _, end = self.of_steps(loop.steps, loop.count, Size())
        again = loop.count - loop.entries if end == loop.count else Size()
        turns, end = self.of_steps(loop.steps, loop.count, ups + again)
        return turns, loop.entries if end == loop.count else Size()

    def _of_choice(self, choice: Alternative, count: Size, ups: Size) -> Turns:
        """Each arm follows the steps before the branch as often as it is taken."""
        all_turns, after = Size(), Size()
        for arm, taken in ((choice.then, choice.holds), (choice.orelse, choice.fails)):
            before = taken if ups in (count, taken) else Size()
            turns, end = self.of_steps(arm, taken, before)
            all_turns, after = all_turns + turns, after + end
        return all_turns, count if after == choice.holds + choice.fails else after

    def _sends(self, step: Step | Routine) -> bool:
        """Whether a step contains a message."""
        if isinstance(step, Enter):
            return self._sends(step.routine)
        if step not in self.sending:
            inner: Steps = ()
            if isinstance(step, Repeat | Routine):
                inner = step.steps
            elif isinstance(step, Alternative):
                inner = (*step.then, *step.orelse)
            self.sending[step] = isinstance(step, Send) or any(map(self._sends, inner))
        return self.sending[step]
