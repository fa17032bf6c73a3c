"""Jacobians accumulated at the clients and aggregated in the primal's own round.

Where a plan decides so, the clients send the Jacobian of an upload together with the upload,
through the same mechanism. The reverse sweep contracts the aggregated Jacobian with the aggregate's
cotangent at the server, without any further message.

    (%v) = apply clients `f` (%a)                   (%v, (%v_jac)) = apply clients jac[0] `f` (%a)
    %out = aggregate sum %v             becomes     %out, %w_jac = aggregate sum %v, %v_jac
                                                    …
                                                    %w_bar = apply server contract (%out_bar, %w_jac)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fadc.analyses.arrays import is_real_scalar, jacobian_factors
from fadc.analyses.client_work import UploadWork, as_function, work_behind
from fadc.calculus.cotangents import Cotangents, Term, array_leaf
from fadc.calculus.derivation import Active, MixedPlan
from fadc.calculus.linear import Jacobian
from fadc.ir import (
    Accumulated,
    Aggregate,
    Array,
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


def send_jacobians(
    plan: MixedPlan, active: Active, message: Aggregate, makers: Mapping[Value, Operation]
) -> tuple[Block, dict[Value, list[Jacobian]]]:
    """An aggregate that also sends the Jacobians of its planned parts; others are unchanged."""
    build = Builder(message.span, Sweep.PRIMAL)
    values, found = list(message.values), list(message.results)
    jacobians: dict[Value, list[Jacobian]] = {}
    pairs = zip(message.values, message.results, strict=True)
    for index, (upload, result) in enumerate(pairs):
        if result not in plan.accumulated or not active(result):
            continue
        work = work_behind(upload, makers, active)
        if isinstance(work, str):
            continue  # The inputs are not those of the plan: the upload is pulled back.
        values[index], sent = _send(build, work, plan.known)
        jacobians[result] = [jacobian for _, jacobian in sent]
        values += [jac for jac, _ in sent]
        found += [jacobian.value for _, jacobian in sent]
    if not jacobians:
        return (message,), {}
    made = replace(message, values=tuple(values), results=tuple(found))
    return (*build.operations, made), jacobians


def _send(
    build: Builder, work: UploadWork, known: Mapping[Value, Array]
) -> tuple[Value, list[tuple[Value, Jacobian]]]:
    """One upload with its Jacobians: the values at the clients, and the values that arrive."""
    scalar = is_real_scalar(work.upload, known)
    build.span = work.steps[-1].span
    upload, jacs = _differentiate(build, work, scalar, known)
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
    build: Builder, work: UploadWork, scalar: bool, known: Mapping[Value, Array]
) -> tuple[Value, list[tuple[Value, Value]]]:
    """The client work and its Jacobians by the broadcast values, as one local function."""
    function, args = as_function(work)
    origins: dict[Value | Literal, Value] = dict(work.inputs)
    flat = list(slots(args))
    active = tuple(index for index, leaf in enumerate(flat) if leaf in origins)
    upload = replace(work.upload)
    jacs: list[tuple[Value, Value]] = []
    for copy in (flat[index] for index in active):
        by = origins[copy]
        name = upload.name if len(active) == 1 else getattr(copy, "name", by.name)
        jacs.append((by, build.value(f"{name}_jac", _type(work.upload, by, scalar, known))))
    columns = tuple(jac for _, jac in jacs)
    made = pack(upload, columns[0] if len(columns) == 1 else Node("tuple", columns))
    build.emit_apply(Accumulated(function, active, scalar), args, made, Placement.CLIENTS)
    return upload, jacs


def _type(upload: Value, by: Value, scalar: bool, known: Mapping[Value, Array]) -> Leaf:
    """The type of a Jacobian: for a scalar that of `by`; for others only the size is known."""
    symbols = jacobian_factors(upload, by, known)
    array = array_leaf(by, Placement.CLIENTS).array if scalar else None
    return Leaf(Placement.CLIENTS, array, symbols)


def contract(build: Builder, jacobians: list[Jacobian], term: Term, cotangents: Cotangents) -> None:
    """``%w_bar = apply server contract (%out_bar, %w_jac)``, for each value that was broadcast."""
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
        build.emit_apply(function, args, made, Placement.SERVER)
        cotangents.spans.setdefault(jacobian.by, build.span)
        cotangents.give(jacobian.by, Term(made))
    build.span = here
