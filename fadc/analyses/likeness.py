"""Likeness: whether a called computation would do the same with two values.

Values that are alike agree in size, role and parts. Which of them a call is given matters only for
how long clients keep values, and the steps of each call record that (`fadc/analyses/schedule.py`:
``Handed``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from fadc.analyses.iterations import Iterations, Length, Static
from fadc.analyses.schedule import Held
from fadc.analyses.sizes import Size

Look = int
"""A number for all values that are alike."""


@dataclass
class Likeness:
    """What belongs to values: an item of each tape, the parts of what is packed, the residuals of calls.

    ``residuals`` has the static parts of the residuals that a call leaves for its reverse sweep.
    """

    iterations: Iterations
    tapes: dict[Held, Held] = field(default_factory=dict)
    packs: dict[Held, tuple[Held, ...]] = field(default_factory=dict)
    residuals: dict[Held, tuple[Static | None, ...]] = field(default_factory=dict)
    looks: dict[Held, Look] = field(default_factory=dict)
    numbers: dict[object, Look] = field(default_factory=dict)

    def look(self, held: Held) -> Look:
        """The number of a value, the same for all that are alike."""
        if held not in self.looks:
            key = self._looks(held)
            self.looks[held] = self.numbers.setdefault(key, len(self.numbers))
        return self.looks[held]

    def _looks(self, held: Held) -> object:
        span = held.span
        own = (held.name, terms(held.size), span, held.dims, held.dtype, held.role, held.of)
        item = self.tapes.get(held)
        return (
            *own,
            *(held.origin, held.at_clients, held.own),
            tuple(map(self.look, held.inputs)),
            None if item is None else self.look(item),
            tuple(map(self.look, self.packs.get(held, ()))),
            self.residuals.get(held),
            _length(self.iterations.lengths.get(held)),
        )

    def copy(self, held: Held) -> Held:
        """A new value that is alike, with new items and parts, but with the same residuals."""
        inputs = tuple(map(self.copy, held.inputs))
        made = replace(held, inputs=inputs)
        if held in self.tapes:
            self.tapes[made] = self.copy(self.tapes[held])
        if held in self.residuals:
            self.packs[made], self.residuals[made] = self.packs[held], self.residuals[held]
        elif held in self.packs:
            self.packs[made] = tuple(map(self.copy, self.packs[held]))
        if held in self.iterations.lengths:
            self.iterations.lengths[made] = self.iterations.lengths[held]
        return made

    def within(self, held: Held) -> Iterator[Held]:
        """A value and all that is copied with it, in one order for all that are alike."""
        yield held
        for inner in held.inputs:
            yield from self.within(inner)
        if held in self.tapes:
            yield from self.within(self.tapes[held])
        if held not in self.residuals:
            for part in self.packs.get(held, ()):
                yield from self.within(part)


def terms(size: Size | None) -> object:
    """A size as a key."""
    return None if size is None else frozenset(size.terms.items())


def _length(length: Length | None) -> object:
    return (
        None if length is None else tuple(map(terms, (length.entries, length.count, length.each)))
    )
