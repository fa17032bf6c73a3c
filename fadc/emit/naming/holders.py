"""Names for values: the user's own where they are free, the first free number where they are not.

A name can be taken over as soon as the value that holds it is not read any more, so that a rebound
name stays one name. It never stands for values at two placements, and what is derived takes no name
that the source gives to a value of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fadc.emit.naming.uses import Uses
from fadc.ir import Leaf, Placement, Type, Value, placement
from fadc.span import Span

Interval = tuple[int, int]
Kind = tuple[Placement, bool]
"""The placement of what a name stands for, and whether that is one value: not a list."""


@dataclass
class Holders:
    """Which name holds which value at a point of the text, from top to bottom.

    ``own`` are the names that the source gives to the values of this computation.
    """

    uses: Uses
    reserved: frozenset[str]
    module_names: frozenset[str]
    own: frozenset[str]
    names: dict[Value, str] = field(default_factory=dict)
    holders: dict[str, Value] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    wanted: dict[str, Value | None] = field(default_factory=dict)
    excluded: tuple[Interval, ...] = ()

    def hold(self, value: Value, name: str) -> None:
        """Give a value a name that is known to be right."""
        self.names[value] = name
        self.hold_name(value, name)

    def hold_name(self, value: Value, name: str) -> None:
        """Let a name stand for a value; one that everyone knows may turn into a placed one."""
        self.holders[name] = value
        if self.kinds.get(name, _STATIC) == _STATIC:
            self.kinds[name] = _kind(value.type)

    def hold_for_good(self, name: str) -> None:
        """Let a name stand for a whole that has no value; nothing else takes it."""
        self._mark(name, Leaf(Placement.STATIC), [sys.maxsize])

    def hold_columns(self, columns: Sequence[Value], name: str) -> None:
        """Let a name stand for a list of tuples, as long as any of its columns is read."""
        positions = self.uses.positions
        read = sorted(each for column in columns for each in positions.get(column, ()))
        self._mark(name, columns[0].type, read)

    def _mark(self, name: str, type_: Type, read: list[int]) -> None:
        """Let a name stand for something that is read at some positions."""
        marker = Value(name, type_, Span("", 0, 0, 0, 0))
        self.uses.positions[marker] = read
        self.hold_name(marker, name)

    def is_free(self, name: str, position: int, value: Value) -> bool:
        """Whether a value can be assigned to a name at a position."""
        own = name in self.own and not value.derived
        if name in self.reserved or (name in self.module_names or name in self.own) and not own:
            return False
        if not {self.kinds.get(name, _STATIC), _kind(value.type)} <= {_STATIC, _kind(value.type)}:
            return False
        holder = self.holders.get(name)
        return holder is None or not self.uses.is_live(holder, position, self.excluded)

    def assign(
        self, value: Value, position: int, others: Iterable[str] = (), preferred: str | None = None
    ) -> str:
        """Choose the name of a value that is assigned at a position."""
        stem = preferred or value.name
        stem = "item" if stem == "_" else stem  # what is read needs a name that nothing else takes
        candidate = self.lists(stem, position, value, others)
        self.hold(value, candidate)
        return candidate

    def unread(self, parameters: Iterable[str]) -> str:
        """What stands for values that nobody reads: ``_``, unless the text reads that."""
        taken = {*self.reserved, *parameters}
        if "_" not in taken:
            return "_"
        taken |= self.module_names | self.own
        candidate, number = "unread", 2
        while candidate in taken:
            candidate, number = f"unread_{number}", number + 1
        return candidate

    def lists(self, stem: str, position: int, value: Value, others: Iterable[str] = ()) -> str:
        """A name for a value, or for the list that it is a column of."""
        taken = set(others)
        candidate, number = stem, 2
        while candidate in taken or not self.is_free(candidate, position, value):
            candidate, number = f"{stem}_{number}", number + 1
        return candidate


_STATIC: Kind = (Placement.STATIC, True)


def _kind(type_: Type) -> Kind:
    return placement(type_), isinstance(type_, Leaf)
