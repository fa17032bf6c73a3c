"""Memory: what clients must keep from one round to a later one, beside their own data.

The schedule is gone through in order, every loop twice, so that what the second iteration reads of
the first one is seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fadc.analyses.runs import Kept, Run
from fadc.analyses.schedule import Alternative, Held, Move, Repeat, Schedule, Send, Steps, Work
from fadc.analyses.sizes import ONE, Size
from fadc.ir import Sweep
from fadc.span import Span


def memory(planned: Schedule) -> tuple[Kept, ...]:
    """What clients keep between rounds, in the order in which they are made to keep it."""
    run = Run()
    _MemoryWalk(planned.copies).steps(run, planned.steps)
    return tuple(run.kept.values())


@dataclass(frozen=True)
class _MemoryWalk:
    """Goes through steps; an iteration that finds all that it looks up as an earlier one did is that one.

    ``known`` are the iterations of each loop that were gone through.
    """

    copies: Mapping[Held, Size]
    known: dict[Repeat, list[Run]] = field(default_factory=dict)

    def steps(self, run: Run, steps: Steps) -> None:
        for step in steps:
            match step:
                case Send():
                    self._send(run, step)
                case Work():
                    self._read(run, step.reads, step.span, step.sweep)
                    run.make(step.makes)
                case Move(target=target, source=source):
                    run.move(target, source)
                case Repeat(entries=entries, count=count):
                    for _ in range(1 if entries == count else 2):
                        self._iteration(run, step)
                case Alternative(then=then, orelse=orelse):
                    self.steps(run, then)
                    self.steps(run, orelse)

    def _iteration(self, run: Run, loop: Repeat) -> None:
        known = self.known.setdefault(loop, [])
        found = next((each for each in known if each.would_be_the_same(run)), None)
        if found is None:
            found = run.inside()
            self.steps(found, loop.steps)
            known.append(found)
        run.absorb(found)

    def _send(self, run: Run, send: Send) -> None:
        run.turn(send.direction)
        self._read(run, send.items, send.span, send.sweep)
        run.make(send.results)

    def _read(self, run: Run, values: tuple[Held, ...], span: Span, sweep: Sweep) -> None:
        for value in values:
            self._read(run, value.inputs if value.role != "pullback" else (), span, sweep)
            if value.at_clients and run.is_stale(value):
                origin = run.origin(value)
                if not origin.own:
                    key = (origin.name, origin.span.start_line)
                    copies = self.copies.get(origin, ONE)
                    run.kept[key] = Kept(origin, copies, span, sweep)
