"""The names of everything in one computation."""

from __future__ import annotations

from dataclasses import dataclass, field

from fadc.ir import Branch, Loop, Node, Source, Tree, Value


@dataclass(frozen=True)
class Arms:
    """The variable of one choice of a branch, and what each arm assigns to it."""

    name: str
    then: Tree | None
    orelse: Tree | None


@dataclass(frozen=True)
class Names:
    """The names of everything in one computation.

    ``values`` holds the name of each value, ``lists`` the list of each column, and its rows;
    ``dicts`` the names of dicts that are unpacked. ``carried`` are the variables of a loop,
    ``sources`` its iterables, ``arms`` the variables of a branch. ``unread`` is the name for values
    that nothing reads.
    """

    unread: str
    values: dict[Value, str] = field(default_factory=dict)
    lists: dict[Value, tuple[str, Node]] = field(default_factory=dict)
    dicts: dict[Node, str] = field(default_factory=dict)
    carried: dict[Loop, tuple[str, ...]] = field(default_factory=dict)
    sources: dict[Loop, tuple[Source, ...]] = field(default_factory=dict)
    arms: dict[Branch, tuple[Arms, ...]] = field(default_factory=dict)
