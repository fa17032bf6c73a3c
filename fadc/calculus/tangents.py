"""Tangents in forward mode, along one direction or a stack of directions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fadc.ir import (
    NONE,
    Aggregate,
    Broadcast,
    Builtin,
    Leaf,
    Node,
    Operation,
    Placement,
    Tape,
    Tree,
    Type,
    Value,
    placement,
    results,
)
from fadc.ir.builder import Builder


@dataclass(eq=False)
class Tangents:
    """The tangents along one direction, and the values that they reach.

    ``label`` distinguishes its tangents' names from those of other directions. Tangents in ``ones``
    are ones, which everybody knows: they are never sent. With a ``stack``, there are as many
    directions as the product of its symbols: tangents then have one more axis in front, and
    ``ones`` are a basis.
    """

    active: Callable[[Value], bool]
    dots: dict[Value, Value] = field(default_factory=dict)
    label: str = ""
    ones: set[Value] = field(default_factory=set)
    stack: tuple[str, ...] | None = None
    sample: Value | None = None

    def reaches(self, operation: Operation) -> bool:
        return any(self.active(value) for value in results(operation))

    def dot_name(self, value: Value) -> str:
        return f"{value.name}_by_{self.label}" if self.label else f"{value.name}_{self._suffix}"

    @property
    def _suffix(self) -> str:
        return "dot" if self.stack is None else "dots"

    def type_of(self, value: Value) -> Type:
        """The type of a value's tangents: that of the value, but of unknown shape for a stack."""
        return value.type if self.stack is None else _unproven(value.type)

    def dot_of(self, value: Value) -> Value:
        """A fresh tangent of a value."""
        name, type_ = self.dot_name(value), self.type_of(value)
        dot = replace(value, name=name, type=type_, derived=True)
        self.dots[value] = dot
        return dot

    def tangent(self, build: Builder, tree: Tree, like: Value | None = None) -> Value:
        """The tangent of a value, zeros where it is inactive or a constant."""
        if isinstance(tree, Value):
            if tree in self.dots:
                return self.dots[tree]
            like = like or tree
        assert like is not None
        where, type_ = placement(like.type), self.type_of(like)
        if where is Placement.STATIC:  # Its zero is made at the server.
            where, type_ = Placement.SERVER, Leaf(Placement.SERVER)
        if self.stack is None:
            return build.apply(Builtin("zeros_like"), (tree,), self.dot_name(like), where, type_)
        assert self.sample is not None
        zeros = Builtin("zeros_along", "·".join(self.stack))
        return build.apply(zeros, (self.sample, tree), self.dot_name(like), where, type_)

    def of_display(self, build: Builder, tree: Tree, where: Placement) -> Tree:
        """The tangents of a display at a placement, zeros for the constants in it."""
        if isinstance(tree, Node):
            parts = tuple(self.of_display(build, child, where) for child in tree.children)
            return replace(tree, children=parts)
        if tree == NONE:
            return tree
        like = Value("constant", Leaf(where), build.span, anonymous=True, derived=True)
        return self.tangent(build, tree, None if isinstance(tree, Value) else like)

    def fit(self, build: Builder, value: Value) -> None:
        """Cast a tangent to its value's dtype.

        A mean of integers is a float, but the tangents of integers are not.
        """
        self.dots[value] = build.cast_like(self.dots[value], value)

    def start(self, build: Builder, value: Value) -> None:
        """Make the tangent of an input: one, or the basis for a stack."""
        where = placement(value.type)
        ones = (
            Builtin("ones_like") if self.stack is None else Builtin("basis", "·".join(self.stack))
        )
        name, type_ = f"{value.name}_{self._suffix}", self.type_of(value)
        dot = build.apply(ones, (value,), name, where, type_)
        self.dots[value] = dot
        self.sample = self.sample or dot
        self.ones.add(dot)

    def is_known(self, operation: Broadcast | Aggregate, value: Tree) -> bool:
        """Whether clients make the tangent of a broadcast value themselves."""
        if not (isinstance(operation, Broadcast) and isinstance(value, Value)):
            return False
        return value in self.dots and self.dots[value] in self.ones


def _unproven(type_: Type) -> Type:
    if isinstance(type_, Tape):
        return Tape(_unproven(type_.item))
    return Leaf(placement(type_))
