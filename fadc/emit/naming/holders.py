"""Names for values: the user's where they are free, with the first free number where they are not.

A name can be reused as soon as the value that holds it is no longer read, so that a rebound name
stays one name. A name is never used for values at two placements, and derived values never take a
name that the source gives to one of its values.
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
"""The placement of what holds a name, and whether that is one value and not a list."""


@dataclass
class Holders:
    """The values that hold names at a point of the text, which is passed from top to bottom.

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
        """Give a value a name without looking for conflicts."""
        self.names[value] = name
        self.hold_name(value, name)

    def hold_name(self, value: Value, name: str) -> None:
        """Let a value hold a name; a static value may be replaced by a placed one."""
        self.holders[name] = value
        if self.kinds.get(name, _STATIC) == _STATIC:
            self.kinds[name] = _kind(value.type)

    def hold_for_good(self, name: str) -> None:
        """Reserve a name permanently, for a composite that is not a value."""
        self._mark(name, Leaf(Placement.STATIC), [sys.maxsize])

    def hold_columns(self, columns: Sequence[Value], name: str) -> None:
        """Let a list of tuples hold a name for as long as any of its columns is read."""
        positions = self.uses.positions
        read = sorted(each for column in columns for each in positions.get(column, ()))
        self._mark(name, columns[0].type, read)

    def _mark(self, name: str, type_: Type, read: list[int]) -> None:
        """Record that a name is held by something that is read at some positions."""
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
        stem = "item" if stem == "_" else stem  # a value that is read needs its own name
        candidate = self.lists(stem, position, value, others)
        self.hold(value, candidate)
        return candidate

    def unread(self, parameters: Iterable[str]) -> str:
        """The name for values that nothing reads: ``_``, unless the text reads that name."""
        taken = {*self.reserved, *parameters}
        if "_" not in taken:
            return "_"
        taken |= self.module_names | self.own
        candidate, number = "unread", 2
        while candidate in taken:
            candidate, number = f"unread_{number}", number + 1
        return candidate

    def lists(self, stem: str, position: int, value: Value, others: Iterable[str] = ()) -> str:
        """A name for a value, or for the list of which it is a column."""
        taken = set(others)
        candidate, number = stem, 2
        while candidate in taken or not self.is_free(candidate, position, value):
            candidate, number = f"{stem}_{number}", number + 1
        return candidate


_STATIC: Kind = (Placement.STATIC, True)


def _kind(type_: Type) -> Kind:
    return placement(type_), isinstance(type_, Leaf)
