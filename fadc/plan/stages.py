"""Stages: one downlink, the clients' work, one uplink; and the costs of differentiating each.

A reverse sweep pulls the cotangents of a stage's uploads back: they go down, and those of the
broadcast values come up, in one more round. Or the clients send the Jacobian along in the primal's
own round: rows times columns go up, and nothing else is sent (Naumann, *Optimal Jacobian
accumulation is NP-complete*, 2008, treats the general problem).
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
"""A block, its active values, and the values that tangents reach along each direction."""
Called = tuple[Hashable, Body]
"""The body of a called computation, and a key that is the same for calls in which the same is active."""
Nodes = frozenset[int]


@dataclass(frozen=True, eq=False)
class Reach:
    """A direction along which tangents can be pushed: the values that it reaches.

    ``seed`` is the input whose tangents are a basis, which everybody knows; ``count`` is their
    number.
    """

    active: Active
    seed: Value | None = None
    count: Size = ONE


Reaches = tuple[Reach, ...]


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage of a block: its active aggregates and the costs of its derivative.

    ``down`` is the size of their cotangents; ``up`` that of each broadcast value's; ``jacobian``
    that of all Jacobians, and ``obstacle`` the reason why there are none. ``scalar`` stages upload
    one number. ``tangents_up`` and ``tangents_down`` (for each broadcast value) are the sizes of
    tangents along all directions.
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
        """Whether there is a choice for the stage."""
        return self.is_active and self.obstacle is None

    @property
    def title(self) -> str:
        names = ", ".join(f"`{name}`" for name in self.names)
        return f"stage {self.number} ({names}, line {self.line})"


@dataclass(frozen=True, eq=False)
class Section:
    """The stages of one block, and the dependences between all its nodes that exchange messages.

    A node is a stage, or a loop, branch or call with messages inside. ``upstream`` has, for each
    node, the nodes that its cotangents go back to. ``trips`` is how often the block runs. If the
    block is a called computation's, ``call`` is the outermost call.
    """

    stages: tuple[Stage, ...]
    upstream: tuple[Nodes, ...]
    trips: Size = ONE
    call: Call | None = None

    @cached_property
    def nearest(self) -> tuple[Nodes, ...]:
        """For each node, those upstream nodes that are not upstream of another one of them."""
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
