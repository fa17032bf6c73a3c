"""Memory: what clients must keep from one round to a later one, in addition to their own data.

The schedule is walked in order, every loop twice, so that values that the second iteration reads
from the first one are found.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fadc.analyses.runs import Kept, Run
from fadc.analyses.schedule import (
    Alternative,
    Enter,
    Held,
    Move,
    Repeat,
    Routine,
    Schedule,
    Send,
    Steps,
    Work,
)
from fadc.ir import Sweep
from fadc.span import Span


def memory(planned: Schedule) -> tuple[Kept, ...]:
    """The values that clients keep between rounds, in the order in which they begin to be kept."""
    run = Run(planned.copies)
    _MemoryWalk().steps(run, planned.steps)
    return tuple(run.kept.values())


@dataclass(frozen=True)
class _MemoryWalk:
    """Walks steps; an iteration or call with the same circumstances as an earlier one reuses it.

    ``known`` are the runs of each loop and of each called computation so far.
    """

    known: dict[Repeat | Routine, list[Run]] = field(default_factory=dict)

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
                        run.absorb(self._inside(run, step))
                case Alternative(then=then, orelse=orelse):
                    self.steps(run, then)
                    self.steps(run, orelse)
                case Enter(routine=routine, arguments=arguments):
                    for each in arguments:
                        run.hand(each.target, each.source, each.packed)
                    run.call(self._inside(run, routine), step)

    def _inside(self, run: Run, inner: Repeat | Routine) -> Run:
        """A run of inner steps, an earlier one if it would be the same."""
        known = self.known.setdefault(inner, [])
        found = next((each for each in known if each.would_be_the_same(run)), None)
        if found is None:
            found = run.inside()
            self.steps(found, inner.steps)
            known.append(found)
        return found

    def _send(self, run: Run, send: Send) -> None:
        run.turn(send.direction)
        self._read(run, send.items, send.span, send.sweep)
        run.make(send.results)

    def _read(self, run: Run, values: tuple[Held, ...], span: Span, sweep: Sweep) -> None:
        for value in values:
            self._read(run, value.inputs if value.role != "pullback" else (), span, sweep)
            if value.at_clients and run.is_stale(value):
                origin, copies = run.origin(value)
                if not origin.own:
                    key = (origin.name, origin.span.start_line)
                    run.kept[key] = Kept(origin, copies, span, sweep)
