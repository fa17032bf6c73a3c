"""Runs: in which round client values are made, in steps that are gone through inside others.

A run knows what it looked up from outside. Where all of that is as it was, to be gone through again
would come to the same, so that its outcome is taken over: with loops inside each other, the number of
times that a body is reached is a power of their depth, the number of different runs of it is not.
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


@dataclass(frozen=True)
class End:
    """What is known of a value at some point: the round in which it was made, None if outside all.

    And the value that has been moved there, how many copies of that are on tapes at a time; and of
    residuals what is in them.
    """

    made: int | None
    origin: Held
    copies: Size
    left: Left | None

    def since(self, now: int) -> End:
        """The same with the round relative to another one: 0, or -1 for any that is earlier."""
        return replace(self, made=None if self.made is None else -int(self.made < now))

    @property
    def key(self) -> object:
        return self.made, self.origin, frozenset(self.copies.terms.items()), self.left


@dataclass(frozen=True, eq=False)
class Left:
    """What clients hold when a call ends of what it leaves for its reverse sweep."""

    parts: Mapping[Held, End]


Source = tuple[Held, Size | None]
"""What a value was moved from. With copies, it is the first of those that were handed on to here."""


@dataclass
class Run:
    """The state of one way through some steps, in which the steps ``outside`` are looked up where needed.

    ``made`` has the round in which each value was made, ``sources`` the value that it was moved from; or the
    first of those that it was handed on from, and how many ``copies`` of it are on tapes at a time.
    ``kept`` are the values that are used in a later round, by name and line, ``left`` what is in residuals.
    ``first`` is the round at the start, ``before`` the direction of the last message then; ``seen``,
    ``seen_sources`` and ``seen_left`` are what was looked up outside. ``known`` are what calls have left.
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
        """A run of steps inside, which begins here."""
        return Run(self.copies, self, self.round, self.last, self.round, self.last)

    def turn(self, direction: str) -> None:
        """A message travels: down after one up begins a new round."""
        if (self.last, direction) == ("up", "down"):
            self.round += 1
        self.last = direction

    def make(self, values: tuple[Held, ...]) -> None:
        """Values are made in this round."""
        self.made.update(dict.fromkeys(values, self.round))

    def move(self, target: Held, source: Held) -> None:
        """A value goes on as another one, made when it was made."""
        made = self._made(source)
        self.made[target] = self.round if made is None else made
        self.sources[target] = source, None

    def hand(self, target: Held, source: Held, packed: Held | None) -> None:
        """A value is given another name; it may be a part of what is packed."""
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
        """Take over the results of a run of a called computation, and what it leaves."""
        self._go_on(inner)
        for each in enter.results:
            self._bind(each.target, self._end(inner, each.source))
        for packed, values in enter.packed:
            parts = {value: self._end(inner, value).since(self.round) for value in values}
            key = tuple((value, end.key) for value, end in parts.items())
            left = inner.known.setdefault(key, Left(parts))
            self._bind(packed, End(self.round, packed, ONE, left))

    def _end(self, inner: Run, value: Held) -> End:
        """What a value is when a run inside has ended, or when this one is here."""
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
        """The value that has been moved to here, and how many copies of it are on tapes at a time."""
        origin, copies = self._chain(value, self._source)
        return origin, self.copies.get(origin, ONE) if copies is None else copies

    def _chain(self, value: Held, look_up: Callable[[Held], Source | None]) -> Source:
        """The first of the values that have been moved to here, and its copies if it was handed on."""
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
        """Whether these steps, inside another run as it is now, would find all that they found."""
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
        """Take over the outcome of a run of steps inside."""
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
    """Whether a value is of an earlier round; None where it is a value of the steps outside all."""
    return None if made is None else made < now
