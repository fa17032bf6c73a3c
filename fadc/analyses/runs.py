"""Runs: in which round client values are made, in steps that are gone through inside others.

A run knows what it looked up from outside. Where all of that is as it was, to be gone through again
would come to the same, so that its outcome is taken over: with loops inside each other, the number of
times that a body is reached is a power of their depth, the number of different runs of it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fadc.analyses.schedule import Held
from fadc.analyses.sizes import Size
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


@dataclass
class Run:
    """The state of one way through some steps, in which the steps ``outside`` are looked up where needed.

    ``made`` has the round in which each value was made, ``sources`` the value that it was moved from.
    ``kept`` are the values that are used in a later round, by name and line. ``first`` is the round at
    the start, ``before`` the direction of the last message then; ``seen`` and ``seen_sources`` are what
    was looked up outside.
    """

    outside: Run | None = None
    first: int = 0
    before: str = ""
    round: int = 0
    last: str = ""
    made: dict[Held, int] = field(default_factory=dict)
    sources: dict[Held, Held] = field(default_factory=dict)
    kept: dict[tuple[str, int], Kept] = field(default_factory=dict)
    seen: dict[Held, int | None] = field(default_factory=dict)
    seen_sources: dict[Held, Held | None] = field(default_factory=dict)

    def inside(self) -> Run:
        """A run of steps inside, which begins here."""
        return Run(self, self.round, self.last, self.round, self.last)

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
        self.sources[target] = source

    def is_stale(self, value: Held) -> bool:
        """Whether a value was made in an earlier round."""
        made = self._made(value)
        return made is not None and made < self.round

    def origin(self, value: Held) -> Held:
        """The value that has been moved to here."""
        seen = {value}
        source = self._source(value)
        while source is not None and source not in seen:
            value = source
            seen.add(value)
            source = self._source(value)
        return value

    def _made(self, value: Held) -> int | None:
        if value in self.made:
            return self.made[value]
        if value not in self.seen:
            self.seen[value] = None if self.outside is None else self.outside._made(value)
        return self.seen[value]

    def _source(self, value: Held) -> Held | None:
        if value in self.sources:
            return self.sources[value]
        if value not in self.seen_sources:
            found = None if self.outside is None else self.outside._source(value)
            self.seen_sources[value] = found
        return self.seen_sources[value]

    def would_be_the_same(self, now: Run) -> bool:
        """Whether these steps, inside another run as it is now, would find all that they found."""
        return (
            self.before == now.last
            and all(now._source(value) is found for value, found in self.seen_sources.items())
            and all(
                _age(now._made(value), now.round) == _age(found, self.first)
                for value, found in self.seen.items()
            )
        )

    def absorb(self, inner: Run) -> None:
        """Take over the outcome of a run of steps inside."""
        self.round += inner.round - inner.first
        self.last = inner.last
        for value, made in inner.made.items():
            self.made[value] = self.round - (made < inner.round)
        self.sources |= inner.sources
        self.kept |= inner.kept


def _age(made: int | None, now: int) -> bool | None:
    """Whether a value is of an earlier round; None where it is a value of the steps outside all."""
    return None if made is None else made < now
