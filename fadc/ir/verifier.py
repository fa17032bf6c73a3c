"""The verifier of what must hold for a computation after every pass. A failure is a bug in fadc."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Bundle,
    Computation,
    Loop,
    Operation,
    Placement,
    Value,
    all_leaves,
    bound_inside,
    defined,
    leaves,
    operands,
    placement,
    results,
    yielded,
)


class VerificationError(AssertionError):
    """An invariant of the IR does not hold."""


def verify(computation: Computation, linked: bool = False) -> None:
    """Check SSA, scopes and placements; ``linked`` sweeps may read inside earlier operations."""
    given = set(all_leaves(parameter.tree for parameter in computation.parameters))
    scope = _Visible(given, set(given), defined(computation.block) if linked else set())
    scope.block(computation.block)
    scope.readable(leaves(computation.result), computation.name)


@dataclass(frozen=True)
class _Visible:
    """The values that can be read: the ``visible`` ones, and those readable ``everywhere``.

    ``seen`` are all values defined so far. The values of an inner block are visible up to its end.
    """

    visible: set[Value]
    seen: set[Value]
    everywhere: AbstractSet[Value]

    def block(self, block: Block) -> list[Value]:
        """Check a block; the values that it defines become visible and are returned."""
        made: list[Value] = []
        for operation in block:
            self.readable(operands(operation), operation)
            _placements(operation)
            if not operation.span.path:
                raise VerificationError(f"no span: {operation}")
            self.inside(operation)
            made += self.define(results(operation))
        return made

    def inside(self, operation: Operation) -> None:
        """Check the inner blocks of an operation, and the values that they yield."""
        if isinstance(operation, Loop):
            ends = yielded(operation)
            self.through(self.define(bound_inside(operation)), operation.body, ends, operation)
        elif isinstance(operation, Branch):
            for side, block in (("then", operation.then), ("orelse", operation.orelse)):
                arms = (getattr(choice, side) for choice in operation.choices)
                ends = all_leaves(arm for arm in arms if arm is not None)
                self.through([], block, ends, operation)

    def through(
        self, bound: list[Value], block: Block, ends: Iterable[Value], operation: Operation
    ) -> None:
        """Check an inner block, and remove the values that are visible only there."""
        made = self.block(block)
        self.readable(ends, operation)
        self.visible.difference_update(bound, made)

    def define(self, values: Iterable[Value]) -> list[Value]:
        """Check that values are defined for the first time, and make them visible."""
        found = list(values)
        for value in found:
            if value in self.seen:
                raise VerificationError(f"{value} is defined twice")
            self.seen.add(value)
        self.visible.update(found)
        return found

    def readable(self, values: Iterable[Value], where: object) -> None:
        """Check that values can be read here."""
        for value in values:
            if value not in self.visible and value not in self.everywhere:
                raise VerificationError(f"{value} is read before it is defined, in {where}")


def _placements(operation: Operation) -> None:
    match operation:
        case Broadcast(values=values, results=found):
            _at(values, (Placement.SERVER, Placement.STATIC), operation)
            _at(found, (Placement.CLIENTS,), operation)
        case Aggregate(values=values, results=found):
            _at(all_leaves(values), (Placement.CLIENTS,), operation)
            _at(found, (Placement.SERVER,), operation)
        case Apply(placement=where, args=args):
            allowed = (where, Placement.STATIC)
            if where is Placement.STATIC:
                allowed = (Placement.STATIC, Placement.SERVER)
            _at(all_leaves(args), allowed, operation)


def _at(values: Iterable[Value], allowed: tuple[Placement, ...], where: object) -> None:
    for value in values:
        if not isinstance(value.type, Bundle) and placement(value.type) not in allowed:
            raise VerificationError(f"{value} is at {placement(value.type).value} in {where}")
