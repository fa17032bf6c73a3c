"""Copies: the values that are an input, or leaves of it, unchanged.

The result of a local function has the dtype that JAX gives it, and JAX's pullback casts a cotangent
to the dtype of its primal. A copy goes through no such function: its cotangent is passed to the
input unchanged, even if the copy was converted on its way. A mean turns integers into floats, and a
sum promotes its operands.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fadc.analyses.activity import Dependence, Positions, inputs_of, outputs_of, union
from fadc.analyses.flow import flow_of, settle
from fadc.analyses.once import once
from fadc.ir import (
    Aggregate,
    Apply,
    Builtin,
    Call,
    Computation,
    Program,
    Tree,
    Value,
    all_leaves,
    is_array,
    slots,
    walk,
)

_COPYING = (
    "add",
    "as_tape",
    "cast_like",
    "item",
    "over_clients",
    "pack",
    "reverse_tape",
    "times_clients",
    "unpack",
)
"""Builtins whose transposes pass a cotangent on unchanged, or a multiple of it."""


@dataclass(frozen=True)
class Copies:
    """``values`` are copies of inputs; ``recast`` are the inputs of which some copy changes its dtype."""

    values: frozenset[Value] = frozenset()
    recast: frozenset[Value] = frozenset()


@once
def find_copies(program: Program) -> Copies:
    """The copies in all computations of a program."""
    known: dict[str, Dependence] = {}
    promoted: dict[str, Positions] = {}
    values: set[Value] = set()
    recast: set[Value] = set()
    for name, computation in program.computations.items():
        inputs = inputs_of(computation)
        found = known[name] = Dependence({v: frozenset((i,)) for i, v in enumerate(inputs)})
        settle(flow_of(computation.block, known, _copied), found.origins)
        found.outputs = tuple(union(found.origins, (v,)) for v in outputs_of(computation))
        values.update(value for value, positions in found.origins.items() if positions)
        promoted[name] = union(found.origins, _promoted(computation, promoted))
        recast.update(inputs[position] for position in promoted[name])
    return Copies(frozenset(values), frozenset(recast))


def _copied(operation: Apply) -> tuple[Tree, ...]:
    """The arguments that a local function returns unchanged."""
    function = operation.function
    if not isinstance(function, Builtin) or function.name not in _COPYING:
        return ()
    return operation.args[:1] if function.name == "cast_like" else operation.args


def _promoted(computation: Computation, callees: Mapping[str, Positions]) -> Iterator[Value]:
    """The values whose dtype may change, as parts of a sum, a mean or a quotient.

    A called computation returns the cotangents of its inputs without casting them.
    """
    for operation in walk(computation.block):
        match operation:
            case Apply(function=Builtin(name="add" | "cast_like")):
                yield from all_leaves(_copied(operation))
            case Apply(function=Builtin(name="over_clients"), args=args):
                yield from (v for v in all_leaves(args) if not is_array(v.type))
            case Aggregate(aggregator=aggregator, values=trees) if aggregator.like == "mean":
                yield from (v for v in all_leaves(trees) if not is_array(v.type))
            case Call(computation=name, args=args):
                inputs = list(slots(args))
                yield from all_leaves(inputs[position] for position in sorted(callees[name]))
