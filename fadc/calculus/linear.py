"""The linear part of a computation: what ``linearize`` hands to ``transpose``.

It has a step for each operation that carries derivatives, in their order. Beside the operation stands what the
primal sweep keeps for its transpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fadc.calculus.derivation import SweepPair
from fadc.ir import Aggregate, Apply, Branch, Broadcast, Call, Loop, Tree, Value
from fadc.span import Span


@dataclass(frozen=True)
class Jacobian:
    """The Jacobian, at the server, of an aggregate by a value that was broadcast.

    ``span`` is the client work's.
    """

    value: Value
    by: Value
    scalar: bool
    span: Span


@dataclass(frozen=True, eq=False)
class LinearBroadcast:
    """A broadcast is linear: nothing is kept."""

    operation: Broadcast


@dataclass(frozen=True, eq=False)
class LinearAggregate:
    """An aggregate is linear; the results whose Jacobians came up with them have these."""

    operation: Aggregate
    jacobians: Mapping[Value, list[Jacobian]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class LinearApply:
    """A local function and its pullback; without one, it is linear or runs again."""

    operation: Apply
    pullback: Value | None = None


@dataclass(frozen=True, eq=False)
class LinearCall:
    """A call, the sweeps of what it calls, and the residuals of the first."""

    operation: Call
    pair: SweepPair
    residuals: Tree


@dataclass(frozen=True, eq=False)
class LinearLoop:
    """A loop and the linear part of its body.

    A loop that was divided into segments has no linear part yet: its body runs again. Its new values
    stand for the ``originals``.
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
    """The steps of a block, and the values that the block defines: they are at ``home`` in it."""

    steps: tuple[Step, ...] = ()
    home: frozenset[Value] = frozenset()
