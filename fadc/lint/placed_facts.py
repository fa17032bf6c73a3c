"""Facts of placed values, by their placements and types."""

from __future__ import annotations

from dataclasses import replace

from fadc.ir import Computation, Leaf, Placement, Value, differentiable, is_array, leaves, placement
from fadc.lint.facts import NOTHING, STATIC, Fact, Kind, constant


def shared(fact: Fact) -> Fact:
    """The fact of a value that comes from the server: it is the same for all clients."""
    return replace(fact, shared=True, noise=frozenset())


def typed(value: Value, fact: Fact) -> Fact:
    """The fact, restricted by the value's type."""
    if not isinstance(value.type, Leaf):
        return replace(fact, parts=None)
    if placement(value.type) is Placement.STATIC:
        return STATIC
    if value.type.array is not None and not differentiable(value.type):
        return replace(constant(fact), kind=Kind.ARRAY)
    if is_array(value.type) and fact.kind is not Kind.ARRAY:
        return replace(fact, kind=Kind.ARRAY, parts=None)
    return replace(fact, kind=Kind.TREE) if fact.kind is Kind.STATIC else fact


def parameter_facts(computation: Computation, wrt: frozenset[str]) -> list[Fact]:
    """The facts of the leaves of a computation's parameters; ``wrt`` names the active ones."""
    found = []
    for parameter in computation.parameters:
        for value in leaves(parameter.tree):
            static = placement(value.type) is Placement.STATIC
            array = isinstance(value.type, Leaf) and value.type.array is not None
            active = parameter.name in wrt and differentiable(value.type)
            kind = Kind.STATIC if static else Kind.ARRAY if array else Kind.TREE
            at_clients = placement(value.type) is Placement.CLIENTS
            found.append(
                Fact(kind, frozenset([parameter.name]) if active else NOTHING, not at_clients)
            )
    return found
