"""Stages: one downlink, the clients' work, one uplink; what each costs to differentiate.

A reverse sweep pulls the cotangents of a stage's uploads back: they go down, those of the broadcast
values come up, one round more. Or the clients send the Jacobian along in the primal's own round:
rows times columns go up, nothing else (Naumann, *Optimal Jacobian accumulation is NP-complete*,
2008, has the general problem).
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from fadc.analyses.client_work import Active
from fadc.analyses.sizes import ONE, Size, symbol
from fadc.ir import (
    Block,
    Call,
    Value,
)

Body = tuple[Block, Active, "Reaches"]
"""A block, which of its values are active, and which of them tangents reach along each direction."""
Called = tuple[Hashable, Body]
"""The body of a called computation, and a key that is the same for calls in which the same is active."""
Nodes = frozenset[int]


@dataclass(frozen=True, eq=False)
class Reach:
    """A direction along which tangents can be pushed: the values that it reaches.

    ``seed`` is the input whose tangents are a basis there, and known to everybody; ``count`` says how
    many they are.
    """

    active: Active
    seed: Value | None = None
    count: Size = ONE


Reaches = tuple[Reach, ...]


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of a block: its active aggregates and what its derivative costs either way.

    ``down`` are their cotangents; ``up`` those of each value that was broadcast; ``jacobian`` all
    that clients send along, and ``obstacle`` why they cannot. ``scalar`` stages upload one number.
    ``tangents_up`` and ``tangents_down``, of each broadcast value, are those of all directions.
    """

    number: int
    names: tuple[str, ...]
    line: int
    node: int
    results: tuple[Value, ...] = ()
    down: Size = field(default_factory=Size)
    up: Mapping[Value, Size] = field(default_factory=dict)
    jacobian: Size = field(default_factory=Size)
    scalar: bool = False
    obstacle: str | None = None
    tangents_up: Size = field(default_factory=Size)
    tangents_down: Mapping[Value, Size] = field(default_factory=dict)

    @property
    def is_active(self) -> bool:
        return bool(self.results)

    @property
    def is_free(self) -> bool:
        """Whether there is a choice."""
        return self.is_active and self.obstacle is None

    @property
    def title(self) -> str:
        names = ", ".join(f"`{name}`" for name in self.names)
        return f"stage {self.number} ({names}, line {self.line})"


@dataclass(frozen=True, eq=False)
class Section:
    """The stages of one block, and what among all that exchanges messages there waits for what.

    ``upstream`` has, for each node, the nodes that its cotangents go back to; nodes that are no
    stages are loops, branches and calls. ``trips`` says how often the block runs. Where the block is
    a called computation's, ``call`` is the call outside all others.
    """

    stages: tuple[Stage, ...]
    upstream: tuple[Nodes, ...]
    trips: Size = ONE
    call: Call | None = None

    @cached_property
    def nearest(self) -> tuple[Nodes, ...]:
        """For each node those of its upstream that are not upstream of another one there."""
        found: list[Nodes] = []
        for nodes in self.upstream:
            left, kept = set(nodes), set[int]()
            for node in sorted(nodes, reverse=True):
                if node in left:
                    kept.add(node)
                    left -= self.upstream[node]
            found.append(frozenset(kept))
        return tuple(found)

    @cached_property
    def is_chain(self) -> bool:
        """Whether each stage feeds all later ones, and no two of them upload to one value."""
        active = [stage for stage in self.stages if stage.is_active]
        pairs = itertools.pairwise(active)
        by = [value for stage in active for value in stage.up]
        return len(by) == len(set(by)) and all(
            first.node in self.upstream[second.node] for first, second in pairs
        )


def size_of(parts: tuple[str, ...]) -> Size:
    found = ONE
    for part in parts:
        found = found.times(symbol(part))
    return found
