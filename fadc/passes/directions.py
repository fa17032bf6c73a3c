"""Directions along which tangents are pushed forward, and the tangents along each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fadc.builder import Builder
from fadc.ir import Aggregate, Broadcast, Builtin, Operation, Tree, Value, placement, results


@dataclass(eq=False)
class Direction:
    """One direction along which tangents are pushed: the values that it reaches, and their tangents.

    ``label`` tells its tangents from those of other directions. Tangents among the ``ones`` are ones,
    which everybody knows: they are never sent.
    """

    active: Callable[[Value], bool]
    dots: dict[Value, Value] = field(default_factory=dict)
    label: str = ""
    ones: set[Value] = field(default_factory=set)

    def reaches(self, operation: Operation) -> bool:
        return any(self.active(value) for value in results(operation))

    def dot_name(self, value: Value) -> str:
        return f"{value.name}_by_{self.label}" if self.label else f"{value.name}_dot"

    def dot_of(self, value: Value) -> Value:
        """A fresh tangent of a value."""
        self.dots[value] = dot = replace(value, name=self.dot_name(value))
        return dot

    def tangent(self, build: Builder, tree: Tree, like: Value | None = None) -> Value:
        """The tangent of a value, zeros where it is inactive or a constant."""
        if isinstance(tree, Value):
            if tree in self.dots:
                return self.dots[tree]
            like = like or tree
        assert like is not None
        where = placement(like.type)
        return build.apply(Builtin("zeros_like"), (tree,), self.dot_name(like), where, like.type)

    def start(self, build: Builder, value: Value) -> None:
        """Start with a tangent of ones."""
        where = placement(value.type)
        ones = Builtin("ones_like")
        dot = build.apply(ones, (value,), f"{value.name}_dot", where, value.type)
        self.dots[value] = dot
        self.ones.add(dot)

    def is_known(self, operation: Broadcast | Aggregate, value: Tree) -> bool:
        """Whether the tangent of a broadcast value is one that the clients make themselves."""
        if not (isinstance(operation, Broadcast) and isinstance(value, Value)):
            return False
        return value in self.dots and self.dots[value] in self.ones
