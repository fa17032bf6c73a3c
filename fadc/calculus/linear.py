"""The linear part of a computation: the result of ``linearize`` and the input of ``transpose``.

It has a step for each operation that carries derivatives, in the same order. A step holds the
operation and what the primal sweep keeps for its transpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fadc.calculus.derivation import SweepPair
from fadc.ir import Aggregate, Apply, Branch, Broadcast, Call, Loop, Tree, Value
from fadc.span import Span


@dataclass(frozen=True)
class Jacobian:
    """The Jacobian, at the server, of an aggregate with respect to a value that was broadcast.

    ``span`` is the client work's.
    """

    value: Value
    by: Value
    scalar: bool
    span: Span


@dataclass(frozen=True, eq=False)
class LinearBroadcast:
    """A broadcast: it is linear, so nothing is kept."""

    operation: Broadcast


@dataclass(frozen=True, eq=False)
class LinearAggregate:
    """An aggregate: it is linear; ``jacobians`` are those that were uploaded with its results."""

    operation: Aggregate
    jacobians: Mapping[Value, list[Jacobian]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class LinearApply:
    """A local function and its pullback; None if the function is linear or runs again."""

    operation: Apply
    pullback: Value | None = None


@dataclass(frozen=True, eq=False)
class LinearCall:
    """A call, the two sweeps of its callee, and the residuals that the primal sweep returns."""

    operation: Call
    pair: SweepPair
    residuals: Tree


@dataclass(frozen=True, eq=False)
class LinearLoop:
    """A loop and the linear part of its body.

    A loop that was divided into segments has no linear part yet: its body runs again. ``originals``
    maps its new values to those of the program.
    """

    operation: Loop
    body: Linear | None
    mark: int
    originals: Mapping[Value, Value] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class LinearBranch:
    """A branch and the linear parts of its arms."""

    operation: Branch
    then: Linear
    orelse: Linear
    mark: int


Step = LinearBroadcast | LinearAggregate | LinearApply | LinearCall | LinearLoop | LinearBranch


@dataclass(frozen=True, eq=False)
class Linear:
    """The steps of a block; ``home`` are the values that the block defines."""

    steps: tuple[Step, ...] = ()
    home: frozenset[Value] = frozenset()
