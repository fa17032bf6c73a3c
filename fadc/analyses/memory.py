"""Memory: what clients must keep from one round to a later one, beside their own data.

The schedule is gone through in order, every loop twice, so that what the second iteration reads of
the first one is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fadc.analyses.schedule import Alternative, Held, Move, Repeat, Schedule, Send, Steps, Work
from fadc.analyses.sizes import ONE, Size
from fadc.ir import Sweep
from fadc.span import Span


@dataclass(frozen=True)
class Kept:
    """A client value that is used in a later round than the one that makes it.

    It is last used at ``until``; ``copies`` of it are kept at a time. ``size`` is all of these in
    array elements, None where it is not known before the program runs: a pullback keeps what JAX
    chooses.
    """

    value: Held
    copies: Size
    until: Span
    sweep: Sweep

    @property
    def size(self) -> Size | None:
        return None if self.value.size is None else self.value.size.times(self.copies)


def memory(planned: Schedule) -> tuple[Kept, ...]:
    """What clients keep between rounds, in the order in which they are made to keep it."""
    walk = _MemoryWalk(planned.copies)
    walk.steps(planned.steps)
    return tuple(walk.kept.values())


@dataclass
class _MemoryWalk:
    copies: Mapping[Held, Size]
    round: int = 0
    last: str = ""
    made: dict[Held, int] = field(default_factory=dict)
    sources: dict[Held, Held] = field(default_factory=dict)
    kept: dict[tuple[str, int], Kept] = field(default_factory=dict)

    def steps(self, steps: Steps) -> None:
        for step in steps:
            match step:
                case Send():
                    self._send(step)
                case Work():
                    self._read(step.reads, step.span, step.sweep)
                    self._make(step.makes)
                case Move(target=target, source=source):
                    self.made[target] = self.made.get(source, self.round)
                    self.sources[target] = source
                case Repeat(steps=inner, entries=entries, count=count):
                    for _ in range(1 if entries == count else 2):
                        self.steps(inner)
                case Alternative(then=then, orelse=orelse):
                    self.steps(then)
                    self.steps(orelse)

    def _send(self, send: Send) -> None:
        if (self.last, send.direction) == ("up", "down"):
            self.round += 1
        self.last = send.direction
        self._read(send.items, send.span, send.sweep)
        self._make(send.results)

    def _make(self, values: tuple[Held, ...]) -> None:
        for value in values:
            self.made[value] = self.round

    def _read(self, values: tuple[Held, ...], span: Span, sweep: Sweep) -> None:
        for value in values:
            self._read(value.inputs if value.role != "pullback" else (), span, sweep)
            if value.at_clients and self.made.get(value, self.round) < self.round:
                origin = self._origin(value)
                if not origin.own:
                    key = (origin.name, origin.span.start_line)
                    copies = self.copies.get(origin, ONE)
                    self.kept[key] = Kept(origin, copies, span, sweep)

    def _origin(self, value: Held) -> Held:
        """The value that has been moved to here."""
        seen = {value}
        while value in self.sources and self.sources[value] not in seen:
            value = self.sources[value]
            seen.add(value)
        return value
