"""Whereabouts of values: one placement, or containers whose parts have their own placements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

STATIC, SERVER, CLIENTS, MIXED = "static", "server", "clients", "mixed"


@dataclass(frozen=True)
class Parts:
    """A tuple, or a dict with constant keys.

    Containers may share parts at many depths, so results for each are cached.
    """

    items: tuple[Where, ...]
    keys: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.items, self.keys))

    @cached_property
    def places(self) -> frozenset[str]:
        """The placements in the container, except static."""
        return frozenset().union(*map(places, self.items))


@dataclass(frozen=True)
class Rows:
    """A list; ``item`` is None as long as it is empty."""

    item: Where | None


@dataclass(frozen=True)
class Entries:
    """A dict whose keys are not known: the same for each."""

    item: Where


Where = str | Parts | Rows | Entries


def places(where: Where | None) -> frozenset[str]:
    """The placements in a value, except static."""
    match where:
        case None:
            return frozenset()
        case Parts():
            return where.places
        case Rows(item=item) | Entries(item=item):
            return places(item)
    return frozenset() if where == STATIC else frozenset((where,))


def one(wheres: Iterable[Where | None]) -> str:
    """The placement of local work on values; `mixed` if it uses both sides."""
    found = frozenset[str]().union(*map(places, wheres))
    if len(found) > 1:
        return MIXED
    return next(iter(found), STATIC)


def moved(where: Where, target: str) -> Where:
    """The same containers at another placement."""
    match where:
        case Parts(items=items, keys=keys):
            return Parts(tuple(moved(item, target) for item in items), keys)
        case Rows(item=item):
            return Rows(None if item is None else moved(item, target))
        case Entries(item=item):
            return Entries(moved(item, target))
    return target


def joined(first: Where | None, second: Where | None) -> Where:
    """The whereabouts of a value that has either of two; static values fit both."""
    if first in (None, STATIC) or second in (None, STATIC):
        found = second if first in (None, STATIC) else first
        return STATIC if found is None else found
    if first is second and isinstance(first, Parts):
        return first
    if isinstance(first, Parts) and isinstance(second, Parts):
        if len(first.items) == len(second.items) and first.keys == second.keys:
            pairs = zip(first.items, second.items, strict=True)
            return Parts(tuple(joined(a, b) for a, b in pairs), first.keys)
    if isinstance(first, Rows) and isinstance(second, Rows):
        both = (first.item, second.item)
        return Rows(None if both == (None, None) else joined(*both))
    if first == second:
        return first
    return one((first, second))


def part(where: Where, key: int | str) -> Where:
    """One part of a container; a part of a value at one placement is at that placement."""
    if isinstance(where, Parts):
        if isinstance(key, str) and key in where.keys:
            return where.items[where.keys.index(key)]
        if isinstance(key, int) and not where.keys and -len(where.items) <= key < len(where.items):
            return where.items[key]
        return one(where.items)
    if isinstance(where, Entries) and isinstance(key, str):
        return where.item
    return one((where,))


def item(where: Where) -> Where:
    """The item of an iteration over a value."""
    if isinstance(where, Rows):
        return where.item if where.item is not None else STATIC
    return one((where,))


def admits(declared: Where, found: Where, known: set[tuple[int, int]] | None = None) -> bool:
    """Whether a value is where an annotation declares it; static values are everywhere.

    ``known`` are the pairs of parts that are.
    """
    known = set() if known is None else known
    if declared is found or (id(declared), id(found)) in known:
        return True
    if not _admits(declared, found, known):
        return False
    known.add((id(declared), id(found)))
    return True


def _admits(declared: Where, found: Where, known: set[tuple[int, int]]) -> bool:
    if isinstance(declared, Parts) and isinstance(found, Parts):
        if declared.keys and sorted(declared.keys) == sorted(found.keys):
            keys = found.keys
            return all(admits(part(declared, key), part(found, key), known) for key in keys)
        if declared.keys == found.keys and len(declared.items) == len(found.items):
            pairs = zip(declared.items, found.items, strict=True)
            return all(admits(outer, inner, known) for outer, inner in pairs)
    if isinstance(declared, Entries) and isinstance(found, Parts) and found.keys:
        return all(admits(declared.item, inner, known) for inner in found.items)
    if isinstance(declared, Entries) and isinstance(found, Entries):
        return admits(declared.item, found.item, known)
    if isinstance(declared, Rows) and isinstance(found, Rows):
        if declared.item is None or found.item is None:
            return True
        return admits(declared.item, found.item, known)
    return places(found) <= places(declared) and len(places(declared) | places(found)) <= 1
