"""Jacobians accumulated at the clients and aggregated in the primal's own round.

Where a plan says so, the clients send the Jacobian of an upload together with it, through the same
mechanism. The reverse sweep contracts it with the aggregate's cotangent at the server: no message
goes down and none comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from fadc.analyses.arrays import is_real_scalar, jacobian_factors
from fadc.analyses.client_work import UploadWork, as_function, makers_of, work_behind
from fadc.ir import (
    Accumulated,
    Aggregate,
    Apply,
    Block,
    Builtin,
    Leaf,
    Literal,
    Node,
    Operation,
    Placement,
    Sweep,
    Value,
    pack,
    slots,
)
from fadc.ir.builder import Builder
from fadc.passes.cotangents import Cotangents, Term
from fadc.passes.derivation import Derivation
from fadc.passes.linearize import Linearization
from fadc.passes.push_prefix import PushedPrefix
from fadc.rules import array_leaf
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


class Accumulation(Linearization):
    """A primal sweep whose planned uploads bring their Jacobians along."""

    def __init__(
        self,
        derivation: Derivation,
        active: Callable[[Value], bool],
        varied: Callable[[Value], bool],
        stored: bool,
        prefix: PushedPrefix | None = None,
    ) -> None:
        super().__init__(derivation, active, varied, stored, prefix)
        self.jacobians: dict[Value, list[Jacobian]] = {}

    def forward(self, block: Block) -> Block:
        """The primal sweep: active local functions keep pullbacks, planned uploads Jacobians."""
        planned = self.derivation.plan.accumulated
        makers = makers_of(block)
        made: list[Operation] = []
        for operation in block:
            if operation in self.prefix:
                made += self.prefix.push(operation)
            elif isinstance(operation, Aggregate) and planned.intersection(operation.results):
                made += self._accumulate(operation, makers)
            else:
                made.append(self._forward(operation))
        return tuple(made)

    def _accumulate(self, message: Aggregate, makers: dict[Value, Operation]) -> Block:
        """An aggregate with the Jacobians of its planned parts behind it."""
        build = Builder(message.span, Sweep.PRIMAL)
        values, found = list(message.values), list(message.results)
        pairs = zip(message.values, message.results, strict=True)
        for index, (upload, result) in enumerate(pairs):
            if result not in self.derivation.plan.accumulated or not self.active(result):
                continue
            work = work_behind(upload, makers, self.active)
            if isinstance(work, str):
                continue  # Another choice of inputs than the planned one: it is pulled back.
            values[index], sent = self._send(build, work)
            self.jacobians[result] = [jacobian for _, jacobian in sent]
            values += [jac for jac, _ in sent]
            found += [jacobian.value for _, jacobian in sent]
        return (*build.operations, replace(message, values=tuple(values), results=tuple(found)))

    def _send(self, build: Builder, work: UploadWork) -> tuple[Value, list[tuple[Value, Jacobian]]]:
        """An upload made together with its Jacobians: what goes up, and what arrives."""
        scalar = is_real_scalar(work.upload, self.derivation.plan.known)
        build.span = work.steps[-1].span
        upload, jacs = self._differentiate(build, work, scalar)
        grouped: dict[Value, list[Value]] = {}
        for by, jac in jacs:
            grouped.setdefault(by, []).append(jac)
        sent: list[tuple[Value, Jacobian]] = []
        for by, parts in grouped.items():
            jac = build.add(parts, parts[0].name)
            assert isinstance(jac.type, Leaf)
            type_ = replace(jac.type, placement=Placement.SERVER)
            arrived = build.value(f"{by.name}_jac", type_)
            sent.append((jac, Jacobian(arrived, by, scalar, build.span)))
        return upload, sent

    def _differentiate(
        self, build: Builder, work: UploadWork, scalar: bool
    ) -> tuple[Value, list[tuple[Value, Value]]]:
        """The client work and its Jacobians, beside the server's values, as one local function."""
        function, args = as_function(work)
        origins: dict[Value | Literal, Value] = dict(work.inputs)
        flat = list(slots(args))
        active = tuple(index for index, leaf in enumerate(flat) if leaf in origins)
        upload = replace(work.upload)
        jacs: list[tuple[Value, Value]] = []
        for copy in (flat[index] for index in active):
            by = origins[copy]
            name = upload.name if len(active) == 1 else getattr(copy, "name", by.name)
            type_ = self._type(work.upload, by, scalar)
            jacs.append((by, build.value(f"{name}_jac", type_)))
        columns = tuple(jac for _, jac in jacs)
        made = pack(upload, columns[0] if len(columns) == 1 else Node("tuple", columns))
        accumulated = Accumulated(function, active, scalar)
        build.emit(Apply(accumulated, args, made, Placement.CLIENTS, build.span, build.sweep))
        return upload, jacs

    def _type(self, upload: Value, by: Value, scalar: bool) -> Leaf:
        """The type of a Jacobian: that of a scalar is as `by` is, others are of a known size only."""
        symbols = jacobian_factors(upload, by, self.derivation.plan.known)
        array = array_leaf(by, Placement.CLIENTS).array if scalar else None
        return Leaf(Placement.CLIENTS, array, symbols)

    def _contract(
        self, build: Builder, jacobians: list[Jacobian], term: Term, cotangents: Cotangents
    ) -> None:
        """The cotangents of what was broadcast, out of that of the aggregate."""
        here = build.span
        for jacobian in jacobians:
            if isinstance(term.tree, Literal):
                cotangents.unscalable |= not jacobian.scalar
                cotangents.give(jacobian.by, Term(jacobian.value))
                continue
            build.span = jacobian.span
            function = Builtin("scale_gradient" if jacobian.scalar else "contract")
            args = (term.tree, jacobian.value)
            name, type_ = f"{jacobian.by.name}_bar", array_leaf(jacobian.by, Placement.SERVER)
            made = build.value(name, type_, anonymous=cotangents.has(jacobian.by))
            build.emit(Apply(function, args, made, Placement.SERVER, build.span, build.sweep))
            cotangents.spans.setdefault(jacobian.by, build.span)
            cotangents.give(jacobian.by, Term(made))
        build.span = here
