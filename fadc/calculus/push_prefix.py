"""A prefix of a computation whose tangents are pushed forward, in the primal's own messages.

The server values ``u`` that the rest of the computation reads from the prefix have tangents at the
server. The rest is pulled back to these values. An input's cotangent is the sum of ``<u_bar,
u_dot>`` over them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from fadc.analyses.activity import Positions, inputs_of
from fadc.analyses.arrays import stack_of
from fadc.calculus.cotangents import Cotangents, Term, array_leaf
from fadc.calculus.derivation import Derivation
from fadc.calculus.push_callee import push_callee
from fadc.calculus.push_forward import Pushing, push_forward
from fadc.calculus.tangents import Tangents
from fadc.ir import (
    Block,
    Builtin,
    Computation,
    Literal,
    Operation,
    Placement,
    Sweep,
    Value,
    placement,
    results,
)
from fadc.ir.builder import Builder


@dataclass(frozen=True, eq=False)
class PushedPrefix:
    """The operations through which tangents are pushed, and the tangents of each input."""

    operations: Block = ()
    directions: dict[Value, Tangents] = field(default_factory=dict)
    pushing: Pushing | None = None

    @cached_property
    def _members(self) -> frozenset[Operation]:
        return frozenset(self.operations)

    def __contains__(self, operation: Operation) -> bool:
        return operation in self._members

    def start(self) -> Block:
        """The operations that make the tangents of the inputs."""
        collected: list[Operation] = []
        for seed, tangents in self.directions.items():
            span = next(iter(self.directions)).span
            tangents.start(Builder(span, Sweep.PRIMAL, collected), seed)
        return tuple(collected)

    def push(self, operation: Operation) -> Block:
        """An operation of the prefix with its tangents."""
        assert self.pushing is not None
        return push_forward(self.pushing, (operation,))

    def pull(self, cotangents: Cotangents, sweep: Sweep) -> Block:
        """Contracts the cotangents of the prefix's server values with their tangents.

        The sums are the inputs' cotangents.
        """
        collected: list[Operation] = []
        for operation in reversed(self.operations):
            build = Builder(operation.span, sweep, collected)
            for value in results(operation):
                if placement(value.type) is Placement.SERVER:
                    self._pull_value(build, cotangents, value)
        return tuple(collected)

    def _pull_value(self, build: Builder, cotangents: Cotangents, value: Value) -> None:
        term = cotangents.take(build, value)
        if term is None:
            return
        cotangents.unscalable |= term.scaled
        for seed, tangents in self.directions.items():
            if value not in tangents.dots:
                continue
            dot = tangents.dots[value]
            cotangents.spans.setdefault(seed, build.span)
            if isinstance(term.tree, Literal):
                cotangents.give(seed, Term(dot))
                continue
            args = (cotangents.upright(build, term), dot)
            type_ = array_leaf(seed, Placement.SERVER)
            name = f"{seed.name}_bar"
            inner = Builtin("vdot" if tangents.stack is None else "vdots")
            bar = build.apply(inner, args, name, Placement.SERVER, type_)
            cotangents.give(seed, Term(bar))


def push_prefix(
    derivation: Derivation, computation: Computation, outputs: Positions
) -> PushedPrefix:
    """The prefix that the plan pushes forward; inputs that do not reach it have no direction."""
    plan, inputs = derivation.plan, inputs_of(computation)
    operations = tuple(op for op in computation.block if op in plan.prefix.operations)
    directions: dict[Value, Tangents] = {}
    for seed in plan.seeds:
        position = frozenset((inputs.index(seed),))
        active = derivation.activity(computation.name, position, outputs)
        tangents = Tangents(active, stack=stack_of(seed, plan.known))
        if any(map(tangents.reaches, operations)):
            directions[seed] = tangents
    if len(directions) > 1:
        for seed, tangents in directions.items():
            tangents.label = seed.name
    pushing = Pushing(derivation, tuple(directions.values()), push_callee)
    return PushedPrefix(operations, directions, pushing)
