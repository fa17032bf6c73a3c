"""Names for values: the user's own where they are free, the first free number where they are not.

A name can be taken over as soon as the value that holds it is not read any more, so that a rebound
name stays one name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from fadc.emit.uses import Uses
from fadc.ir import Value

Interval = tuple[int, int]


@dataclass
class Naming:
    """Which name holds which value while the text is written from top to bottom."""

    uses: Uses
    reserved: frozenset[str]
    module_names: frozenset[str]
    own: frozenset[str]
    names: dict[Value, str] = field(default_factory=dict)
    holders: dict[str, Value] = field(default_factory=dict)
    wanted: dict[str, Value | None] = field(default_factory=dict)
    excluded: tuple[Interval, ...] = ()

    def hold(self, value: Value, name: str) -> None:
        """Give a value a name that is known to be right."""
        self.names[value] = name
        self.holders[name] = value

    def is_free(self, name: str, position: int) -> bool:
        """Whether a name can be assigned at a position."""
        if name in self.reserved or (name in self.module_names and name not in self.own):
            return False
        holder = self.holders.get(name)
        return holder is None or not self.uses.is_live(holder, position, self.excluded)

    def assign(
        self, value: Value, position: int, others: Iterable[str] = (), preferred: str | None = None
    ) -> str:
        """Choose the name of a value that is assigned at a position."""
        stem = preferred or value.name
        stem = "item" if stem == "_" else stem  # what is read needs a name that nothing else takes
        taken = set(others)
        candidate, number = stem, 2
        while candidate in taken or not self.is_free(candidate, position):
            candidate, number = f"{stem}_{number}", number + 1
        self.hold(value, candidate)
        return candidate

    def lists(self, stem: str, position: int, others: Iterable[str] = ()) -> str:
        """A name for the list behind several tapes."""
        taken = set(others)
        candidate, number = stem, 2
        while candidate in taken or not self.is_free(candidate, position):
            candidate, number = f"{stem}_{number}", number + 1
        return candidate
