"""The primal function of a derived one, and its call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fadc.ir import (
    Accumulated,
    Chain,
    Linearized,
    Local,
    Pushforward,
    Recomputed,
    Tree,
    Value,
    is_array,
    slots,
)

Derived = Pushforward | Linearized | Recomputed | Accumulated


@dataclass(frozen=True)
class Primal:
    """The primal function of a derived one.

    ``positional`` are its arguments, with a name for each value among them, ``statics`` the keyword
    arguments; ``path`` is its module. Other names must not be among the ``taken`` ones.
    """

    base: Local | Chain
    positional: tuple[Tree, ...]
    names: tuple[str, ...]
    statics: tuple[tuple[str, Tree], ...]
    path: str
    taken: frozenset[str]

    @property
    def keywords(self) -> tuple[str, ...]:
        """The names of the static arguments."""
        return tuple(name for name, _ in self.statics)

    def name_at(self, slot: int) -> str:
        """The name of the value in a slot. Literals have slots, too."""
        before = list(slots(self.positional))[:slot]
        return self.names[sum(isinstance(leaf, Value) for leaf in before)]

    def names_at(self, found: Sequence[int]) -> list[str]:
        """The names of the values in some slots."""
        return [self.name_at(slot) for slot in found]

    def are_arrays(self, active: Sequence[int]) -> bool:
        """Whether the values in some slots are all proven to be floating-point arrays."""
        flat = list(slots(self.positional))
        found = (flat[slot] for slot in active)
        return all(isinstance(leaf, Value) and is_array(leaf.type) for leaf in found)
