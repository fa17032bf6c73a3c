"""Runs: the rounds in which client values are made, for nested steps of a schedule.

A run records what it looked up outside. If all of that is unchanged, running the steps again would
give the same, so the outcome is reused: a body in nested loops is reached a number of times that
grows exponentially with their depth, but the number of different runs does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from fadc.analyses.schedule import Enter, Held
from fadc.analyses.sizes import ONE, Size
from fadc.ir import Sweep
from fadc.span import Span


@dataclass(frozen=True)
class Kept:
    """A client value that is used in a later round than the one that makes it.

    It is last used at ``until``; ``copies`` of it are kept at a time. ``size`` is that of all
    copies in array elements, None if it is not known before the program runs, as for a pullback.
    """

    value: Held
    copies: Size
    until: Span
    sweep: Sweep

    @property
    def size(self) -> Size | None:
        return None if self.value.size is None else self.value.size.times(self.copies)


@dataclass(frozen=True)
class End:
    """The state of a value at some point: the round in which it was made, None if outside all runs.

    Also the value that was moved there, the number of its copies on tapes at a time, and the
    content of residuals.
    """

    made: int | None
    origin: Held
    copies: Size
    left: Left | None

    def since(self, now: int) -> End:
        """The same, with the round relative to another one: 0, or -1 if it is earlier."""
        return replace(self, made=None if self.made is None else -int(self.made < now))

    @property
    def key(self) -> object:
        return self.made, self.origin, frozenset(self.copies.terms.items()), self.left


@dataclass(frozen=True, eq=False)
class Left:
    """The residuals that clients hold when a call ends."""

    parts: Mapping[Held, End]


Source = tuple[Held, Size | None]
"""The value from which another one was moved or, with copies, first passed on."""


@dataclass
class Run:
    """The state of one pass over some steps; values of the run ``outside`` are looked up as needed.

    ``made`` has the round in which each value was made, ``sources`` the value that it was moved
    from, or the first one from which it was passed on, with the number of its ``copies`` on tapes
    at a time. ``kept`` are the values that are used in a later round, by name and line, ``left``
    the content of residuals. ``first`` is the round at the start, ``before`` the direction of the
    last message then; ``seen``, ``seen_sources`` and ``seen_left`` are the states looked up
    outside. ``known`` are the residuals that calls have returned.
    """

    copies: Mapping[Held, Size] = field(default_factory=dict)
    outside: Run | None = None
    first: int = 0
    before: str = ""
    round: int = 0
    last: str = ""
    made: dict[Held, int | None] = field(default_factory=dict)
    sources: dict[Held, Source] = field(default_factory=dict)
    kept: dict[tuple[str, int], Kept] = field(default_factory=dict)
    left: dict[Held, Left | None] = field(default_factory=dict)
    seen: dict[Held, int | None] = field(default_factory=dict)
    seen_sources: dict[Held, Source | None] = field(default_factory=dict)
    seen_left: dict[Held, Left | None] = field(default_factory=dict)
    known: dict[object, Left] = field(default_factory=dict)

    def inside(self) -> Run:
        """A run of inner steps that begins here."""
        return Run(self.copies, self, self.round, self.last, self.round, self.last)

    def turn(self, direction: str) -> None:
        """A message is sent: one down after one up begins a new round."""
        if (self.last, direction) == ("up", "down"):
            self.round += 1
        self.last = direction

    def make(self, values: tuple[Held, ...]) -> None:
        """Record that values are made in this round."""
        self.made.update(dict.fromkeys(values, self.round))

    def move(self, target: Held, source: Held) -> None:
        """Record that a value becomes another one, made in the same round."""
        made = self._made(source)
        self.made[target] = self.round if made is None else made
        self.sources[target] = source, None

    def hand(self, target: Held, source: Held, packed: Held | None) -> None:
        """Record that a value gets another name; it may be a part of ``packed`` residuals."""
        found = self._end(self, source) if packed is None else self._unpacked(source, packed)
        self._bind(target, found)

    def _unpacked(self, source: Held, packed: Held) -> End:
        residuals, made = self._left(packed), self._made(packed)
        part = None if residuals is None else residuals.parts.get(source)
        if part is None:
            return End(None, source, ONE, None)
        if part.made is None or made is None:
            return replace(part, made=None)
        return replace(part, made=made + part.made)

    def _bind(self, target: Held, found: End) -> None:
        self.made[target], self.left[target] = found.made, found.left
        copies = self.copies.get(target)
        self.sources[target] = (
            found.origin,
            found.copies if copies is None else found.copies.times(copies),
        )

    def call(self, inner: Run, enter: Enter) -> None:
        """Take over the results of a run of a called computation, and its residuals."""
        self._go_on(inner)
        for each in enter.results:
            self._bind(each.target, self._end(inner, each.source))
        for packed, values in enter.packed:
            parts = {value: self._end(inner, value).since(self.round) for value in values}
            key = tuple((value, end.key) for value, end in parts.items())
            left = inner.known.setdefault(key, Left(parts))
            self._bind(packed, End(self.round, packed, ONE, left))

    def _end(self, inner: Run, value: Held) -> End:
        """The state of a value when an inner run has ended, or at this point of this run."""
        origin, copies = inner._chain(value, inner.sources.get)
        if copies is None and origin not in inner.made:
            origin, copies = self._chain(origin, self._source)
        if copies is None:
            copies = self.copies.get(origin, ONE)
        if inner is self or value not in inner.made:
            return End(self._made(value), origin, copies, self._left(value))
        made = inner.made[value]
        then = None if made is None else self.round - (made < inner.round)
        return End(then, origin, copies, inner.left.get(value))

    def is_stale(self, value: Held) -> bool:
        """Whether a value was made in an earlier round."""
        made = self._made(value)
        return made is not None and made < self.round

    def origin(self, value: Held) -> tuple[Held, Size]:
        """The value that was moved to this one, and the number of its copies on tapes at a time."""
        origin, copies = self._chain(value, self._source)
        return origin, self.copies.get(origin, ONE) if copies is None else copies

    def _chain(self, value: Held, look_up: Callable[[Held], Source | None]) -> Source:
        """The first value in the chain of moves to this one; its copies if it was passed on."""
        seen, copies = {value}, None
        source = look_up(value)
        while source is not None and source[0] not in seen:
            value, copies = source
            seen.add(value)
            source = look_up(value)
        return value, copies

    def _made(self, value: Held) -> int | None:
        if value in self.made:
            return self.made[value]
        if value not in self.seen:
            self.seen[value] = None if self.outside is None else self.outside._made(value)
        return self.seen[value]

    def _source(self, value: Held) -> Source | None:
        if value in self.sources:
            return self.sources[value]
        if value not in self.seen_sources:
            found = None if self.outside is None else self.outside._source(value)
            self.seen_sources[value] = found
        return self.seen_sources[value]

    def _left(self, value: Held) -> Left | None:
        if value in self.left:
            return self.left[value]
        if value not in self.seen_left:
            self.seen_left[value] = None if self.outside is None else self.outside._left(value)
        return self.seen_left[value]

    def would_be_the_same(self, now: Run) -> bool:
        """Whether these steps, run inside another run as it is now, would look up the same."""
        return (
            self.before == now.last
            and all(now._source(value) == found for value, found in self.seen_sources.items())
            and all(now._left(value) is found for value, found in self.seen_left.items())
            and all(
                _age(now._made(value), now.round) == _age(found, self.first)
                for value, found in self.seen.items()
            )
        )

    def absorb(self, inner: Run) -> None:
        """Take over the outcome of a run of inner steps."""
        self._go_on(inner)
        for value, made in inner.made.items():
            self.made[value] = None if made is None else self.round - (made < inner.round)
        self.sources |= inner.sources
        self.left |= inner.left

    def _go_on(self, inner: Run) -> None:
        self.round += inner.round - inner.first
        self.last = inner.last
        self.kept |= inner.kept


def _age(made: int | None, now: int) -> bool | None:
    """Whether a value is of an earlier round; None if it is from outside all runs."""
    return None if made is None else made < now
