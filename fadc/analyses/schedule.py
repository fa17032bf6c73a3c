"""The schedule of a computation: its messages and its clients' work in the order of the program.

A schedule covers one computation with all that it calls. The steps of a called computation are in
it once for all calls whose arguments are alike. The ``count`` of a step in a loop or under a
condition is its number of times in the whole run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from fadc.analyses.sizes import Size, number, total
from fadc.ir import Sweep
from fadc.span import Span

Role = Literal["value", "tangent", "cotangent", "pullback", "jacobian"]


@dataclass(frozen=True, eq=False)
class Held:
    """A value at one placement. ``size`` is None if it is not an array, such as a pullback.

    ``of`` is the primal value of a tangent or cotangent; ``origin`` the local function that made
    it, or whose pullback it is; ``inputs`` the values whose cotangents a pullback gives. ``own``
    values are a client's data from the start.
    """

    name: str
    size: Size | None
    span: Span
    dims: tuple[str, ...] | None = None
    dtype: str = "Float"
    role: Role = "value"
    of: str = ""
    origin: str = ""
    at_clients: bool = False
    own: bool = False
    inputs: tuple[Held, ...] = ()

    @property
    def shape(self) -> str:
        """The dimensions as a tuple, or the size's symbol if the shape is not annotated."""
        if self.dims is None:
            return str(self.size) if self.size is not None else "?"
        return f"({', '.join(self.dims)}{',' * (len(self.dims) == 1)})"


@dataclass(frozen=True, eq=False)
class Send:
    """One message: from the server to each client (``down``), or back through a mechanism (``up``)."""

    direction: Literal["down", "up"]
    primitive: str
    mechanism: str
    items: tuple[Held, ...]
    results: tuple[Held, ...]
    count: Size
    span: Span
    sweep: Sweep

    @property
    def size(self) -> Size:
        """Array elements of one such message, for one client."""
        return total(each.size for each in self.items if each.size is not None)


@dataclass(frozen=True, eq=False)
class Work:
    """Local work at every client: how often it evaluates a function, its tangent, its pullback."""

    function: str
    reads: tuple[Held, ...]
    makes: tuple[Held, ...]
    count: Size
    span: Span
    sweep: Sweep
    forward: int = 0
    tangent: int = 0
    backward: int = 0


@dataclass(frozen=True, eq=False)
class Move:
    """A client value becomes another one: carried by a loop, or a result of a branch."""

    target: Held
    source: Held


@dataclass(frozen=True, eq=False)
class Repeat:
    """A loop that is entered ``entries`` times and runs its steps ``count`` times in all."""

    steps: Steps
    entries: Size
    count: Size


@dataclass(frozen=True, eq=False)
class Alternative:
    """A static choice; its condition ``holds`` and ``fails`` the given numbers of times."""

    then: Steps
    orelse: Steps
    holds: Size
    fails: Size


@dataclass(frozen=True, eq=False)
class Routine:
    """The steps of a called computation, for all calls whose arguments are alike."""

    name: str
    steps: Steps

    @cached_property
    def enters(self) -> Counter[Routine]:
        """The routines that it enters, and how often."""
        return _entered(self.steps)

    @cached_property
    def messages(self) -> Counter[str]:
        """How many messages there are in each direction, those in loops counted once."""
        found: Counter[str] = Counter(
            each.direction for each in flat(self.steps) if isinstance(each, Send)
        )
        for routine, times in self.enters.items():
            found.update({way: count * times for way, count in routine.messages.items()})
        return found


@dataclass(frozen=True, eq=False)
class Handed:
    """A value becomes another one: a parameter of a routine, or a result of a call.

    It may be a part of ``packed`` residuals that an earlier call has returned.
    """

    target: Held
    source: Held
    packed: Held | None = None


@dataclass(frozen=True, eq=False)
class Enter:
    """A call: arguments, routine and results; ``packed`` is the content of its residuals."""

    routine: Routine
    arguments: tuple[Handed, ...]
    results: tuple[Handed, ...]
    packed: tuple[tuple[Held, tuple[Held, ...]], ...] = ()


Step = Send | Work | Move | Repeat | Alternative | Enter
Steps = tuple[Step, ...]


@dataclass(frozen=True)
class Schedule:
    """The steps of a computation, its inputs by parameter, and what stays at the clients when it ends.

    ``copies`` is, for values that are put on a tape, how many are there at a time.
    """

    steps: Steps
    inputs: Mapping[str, tuple[Held, ...]]
    results: tuple[Held, ...] = ()
    copies: Mapping[Held, Size] = field(default_factory=dict)

    @cached_property
    def sends(self) -> tuple[Send, ...]:
        """The messages, in order; one in a loop or a routine is listed once."""
        return tuple(
            step if times == 1 else replace(step, count=step.count.times(number(times)))
            for step, times in counted(self.steps)
            if isinstance(step, Send)
        )

    @cached_property
    def work(self) -> tuple[Work, ...]:
        """The clients' local work, in order, in the same way."""
        return tuple(
            step if times == 1 else replace(step, count=step.count.times(number(times)))
            for step, times in counted(self.steps)
            if isinstance(step, Work)
        )


def flat(steps: Steps) -> Iterator[Step]:
    """Every step, those inside loops and branches after them, without those of routines."""
    for step in steps:
        yield step
        if isinstance(step, Repeat):
            yield from flat(step.steps)
        elif isinstance(step, Alternative):
            yield from flat((*step.then, *step.orelse))


def counted(steps: Steps) -> Iterator[tuple[Step, int]]:
    """Every step once, in order of first occurrence, with its number of occurrences."""
    times = _times(steps)
    seen: set[Routine] = set()

    def inside(steps: Steps, count: int) -> Iterator[tuple[Step, int]]:
        for step in flat(steps):
            yield step, count
            if isinstance(step, Enter) and step.routine not in seen:
                seen.add(step.routine)
                yield from inside(step.routine.steps, times[step.routine])

    yield from inside(steps, 1)


def _times(steps: Steps) -> Counter[Routine]:
    """How often each routine is entered in all."""
    found = _entered(steps)
    for routine in reversed(_inner_first(found)):
        for inner, times in routine.enters.items():
            found[inner] += times * found[routine]
    return found


def _inner_first(routines: Counter[Routine]) -> list[Routine]:
    """Some routines and all that they enter, each after those that it enters."""
    order: dict[Routine, None] = {}

    def visit(routine: Routine) -> None:
        if routine not in order:
            for inner in routine.enters:
                visit(inner)
            order[routine] = None

    for each in routines:
        visit(each)
    return list(order)


def _entered(steps: Steps) -> Counter[Routine]:
    return Counter(step.routine for step in flat(steps) if isinstance(step, Enter))


@dataclass
class Symbols:
    """The symbols for sizes of values without annotated shapes, one per place where they are made.

    Share one between computations that are compared, so that ``|delta|`` is the same in all.
    """

    known: dict[str, dict[int, str]] = field(default_factory=dict)

    def of(self, name: str, span: Span) -> Size:
        """``|name|``; the line distinguishes further values with the same name."""
        stem = stem_of(name)
        lines = self.known.setdefault(stem, {})
        if stem != name and lines:
            return Size({(next(iter(lines.values())),): 1})
        label = f"|{stem}@{span.start_line}|" if lines else f"|{stem}|"
        return Size({(lines.setdefault(span.start_line, label),): 1})


def stem_of(name: str) -> str:
    """The user's name behind a derived one: tangents and cotangents are as large as their primals."""
    while True:
        for suffix in ("_bar", "_dot", "_at_clients"):
            if name.endswith(suffix) and len(name) > len(suffix):
                name = name.removesuffix(suffix)
                break
        else:
            return name
