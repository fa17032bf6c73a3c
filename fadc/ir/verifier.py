"""The verifier: what must hold of a computation after every pass. A failure is a bug of fadc."""

from __future__ import annotations

from collections.abc import Iterable

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
)


class VerificationError(AssertionError):
    """An invariant of the IR does not hold."""


def verify(computation: Computation, linked: bool = False) -> None:
    """Check SSA, scopes and placements; ``linked`` sweeps may read inside earlier operations."""
    visible = set(all_leaves(parameter.tree for parameter in computation.parameters))
    seen = set(visible)
    everywhere = defined(computation.block) | visible if linked else set()
    _block(computation.block, visible, seen, everywhere)
    _readable(leaves(computation.result), visible | everywhere, computation.name)


def _block(block: Block, visible: set[Value], seen: set[Value], everywhere: set[Value]) -> None:
    for operation in block:
        _readable(operands(operation), visible | everywhere if everywhere else visible, operation)
        _placements(operation)
        if not operation.span.path:
            raise VerificationError(f"no span: {operation}")
        _inside(operation, visible, seen, everywhere)
        for value in results(operation):
            _define(value, seen)
            visible.add(value)


def _inside(
    operation: Operation, visible: set[Value], seen: set[Value], everywhere: set[Value]
) -> None:
    if isinstance(operation, Loop):
        inner = set(visible)
        for value in bound_inside(operation):
            _define(value, seen)
            inner.add(value)
        _block(operation.body, inner, seen, everywhere)
        ends = all_leaves(item.result for item in operation.carried)
        _readable(ends, inner | everywhere, operation)
        _readable(
            all_leaves(stack.item for stack in operation.stacks), inner | everywhere, operation
        )
    elif isinstance(operation, Branch):
        for side, block in (("then", operation.then), ("orelse", operation.orelse)):
            inner = set(visible)
            _block(block, inner, seen, everywhere)
            arms = (getattr(choice, side) for choice in operation.choices)
            ends = all_leaves(arm for arm in arms if arm is not None)
            _readable(ends, inner | everywhere, operation)


def _define(value: Value, seen: set[Value]) -> None:
    if value in seen:
        raise VerificationError(f"{value} is defined twice")
    seen.add(value)


def _readable(values: Iterable[Value], visible: set[Value], where: object) -> None:
    for value in values:
        if value not in visible:
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
