"""Activity: which values carry derivatives (Griewank & Walther, *Evaluating Derivatives*, §6.2).

A value is *varied* if it depends on an input and *useful* if a result depends on it, both along
differentiable values. Both are computed once per computation, as sets of positions of inputs and
results, so that each choice of inputs and results is a lookup. Both follow the same flow
(fadc/analyses/flow.py), one forwards and one backwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fadc.analyses.flow import NOWHERE, flow_of, reversed_flow, settle
from fadc.analyses.once import once
from fadc.ir import (
    Apply,
    Builtin,
    Computation,
    Expression,
    Operation,
    Program,
    Tree,
    Value,
    all_leaves,
    differentiable,
    leaves,
)

Positions = frozenset[int]
"""The positions of inputs, or of results."""


@dataclass
class Dependence:
    """For each value, the inputs that it depends on and the results that depend on it.

    ``outputs`` are the inputs that each result depends on.
    """

    origins: dict[Value, Positions] = field(default_factory=dict)
    reaches: dict[Value, Positions] = field(default_factory=dict)
    outputs: tuple[Positions, ...] = ()

    def is_active(self, value: Value, inputs: Positions, outputs: Positions) -> bool:
        """Whether a value carries derivatives of these results with respect to these inputs."""
        varied = self.origins.get(value, NOWHERE) & inputs
        return bool(varied and self.reaches.get(value, NOWHERE) & outputs)


def inputs_of(computation: Computation) -> list[Value]:
    """The leaves of a computation's parameters, by position."""
    return list(all_leaves(parameter.tree for parameter in computation.parameters))


def outputs_of(computation: Computation) -> list[Value]:
    """The leaves of a computation's result, by position."""
    return list(leaves(computation.result))


@once
def dependences(program: Program) -> dict[str, Dependence]:
    """The dependence of every computation, callees first."""
    found: dict[str, Dependence] = {}
    for name, computation in program.computations.items():
        found[name] = _dependence(computation, found)
    return found


def _dependence(computation: Computation, callees: Mapping[str, Dependence]) -> Dependence:
    result = Dependence()
    for index, value in enumerate(inputs_of(computation)):
        result.origins[value] = frozenset((index,)) if differentiable(value.type) else NOWHERE
    for index, value in enumerate(outputs_of(computation)):
        if differentiable(value.type):
            result.reaches[value] = result.reaches.get(value, NOWHERE) | {index}
    flow = flow_of(computation.block, callees, differentiated_args)
    settle(flow, result.origins)
    settle(reversed_flow(flow), result.reaches)
    result.outputs = tuple(result.origins.get(v, NOWHERE) for v in outputs_of(computation))
    return result


def union(known: Mapping[Value, Positions], trees: Iterable[Tree]) -> Positions:
    """The union of the positions known for the values of some trees."""
    return NOWHERE.union(*(known.get(value, NOWHERE) for value in all_leaves(trees)))


def is_constant(operation: Operation) -> bool:
    """Whether an operation's results have no derivative by any argument."""
    match operation:
        case Apply(function=Expression(flat=flat)):
            return flat
        case Apply(function=Builtin(name=name)):
            return name in ("zeros_like", "ones_like")
    return False


def differentiated_args(operation: Apply) -> tuple[Tree, ...]:
    """The arguments by which a local function's results have a derivative."""
    if is_constant(operation):
        return ()
    is_cast = operation.function == Builtin("cast_like")
    return operation.args[:1] if is_cast else operation.args
