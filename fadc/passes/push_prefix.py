"""A prefix of a computation whose tangents are pushed forward, in the primal's own messages.

What leaves it at the server has its tangents there. The rest is pulled back to these values, whose
cotangents meet their tangents: an input's cotangent is ``<u_bar, u_dot>``, added up over them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fadc.analyses.activity import Positions, inputs_of
from fadc.analyses.arrays import stack_of
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
from fadc.passes.cotangents import Cotangents, Term
from fadc.passes.derivation import Derivation
from fadc.passes.directions import Direction
from fadc.passes.pushforward import Pushforward
from fadc.rules import array_leaf


@dataclass(eq=False)
class PushedPrefix:
    """The operations through which tangents are pushed, and the direction of each input."""

    operations: Block = ()
    directions: dict[Value, Direction] = field(default_factory=dict)
    pushforward: Pushforward | None = None

    def __contains__(self, operation: Operation) -> bool:
        return operation in self.operations

    def start(self) -> Block:
        """The tangents of the inputs."""
        build = Builder(next(iter(self.directions)).span, Sweep.PRIMAL) if self.directions else None
        for seed, direction in self.directions.items():
            assert build is not None
            direction.start(build, seed)
        return tuple(build.operations) if build else ()

    def push(self, operation: Operation) -> Block:
        """An operation with its tangents beside it."""
        assert self.pushforward is not None
        return self.pushforward.block((operation,))

    def pull(self, cotangents: Cotangents, sweep: Sweep) -> Block:
        """The cotangents of the inputs, out of those of what leaves the prefix at the server."""
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
        for seed, direction in self.directions.items():
            if value not in direction.dots:
                continue
            dot = direction.dots[value]
            cotangents.spans.setdefault(seed, build.span)
            if isinstance(term.tree, Literal):
                cotangents.give(seed, Term(dot))
                continue
            args = (cotangents.upright(build, term), dot)
            type_ = array_leaf(seed, Placement.SERVER)
            name = f"{seed.name}_bar"
            inner = Builtin("vdot" if direction.stack is None else "vdots")
            bar = build.apply(inner, args, name, Placement.SERVER, type_)
            cotangents.give(seed, Term(bar))


def push_prefix(
    derivation: Derivation, computation: Computation, outputs: Positions
) -> PushedPrefix:
    """What the plan pushes forward; the inputs that reach no part of it have no direction."""
    plan, inputs = derivation.plan, inputs_of(computation)
    operations = tuple(op for op in computation.block if op in plan.prefix.operations)
    directions: dict[Value, Direction] = {}
    for seed in plan.seeds:
        position = frozenset((inputs.index(seed),))
        active = derivation.activity(computation.name, position, outputs)
        direction = Direction(active, stack=stack_of(seed, plan.known))
        if any(map(direction.reaches, operations)):
            directions[seed] = direction
    if len(directions) > 1:
        for seed, direction in directions.items():
            direction.label = seed.name
    return PushedPrefix(operations, directions, Pushforward(derivation, directions.values()))
