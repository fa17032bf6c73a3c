"""The reverse sweep: the transpose of a computation's linear part, last step first.

    %w_at_clients = broadcast %w                                       %v_bar = broadcast %out_bar
    (%v, %v_pullback) =                                                (%w_at_clients_bar) =
        apply clients vjp[0] `f` (%w_at_clients)      becomes              apply clients pull (%v_pullback, %v_bar)
    %out = aggregate sum %v                                            %w_bar = aggregate sum %w_at_clients_bar

It reads values of the primal sweep wherever they are defined, also inside loops and branches.
``keep_residuals`` turns these reads into tapes afterwards, when it is known which are needed.
"""

from __future__ import annotations

from fadc.calculus import table
from fadc.calculus.builtin_functions import rule_of
from fadc.calculus.cotangents import Cotangents, Term
from fadc.calculus.jacobians import contract
from fadc.calculus.linear import (
    Linear,
    LinearAggregate,
    LinearApply,
    LinearBranch,
    LinearBroadcast,
    LinearCall,
    LinearLoop,
    Step,
)
from fadc.calculus.linearize import Linearizing
from fadc.calculus.ruled import slots_where
from fadc.calculus.transpose_branch import transpose_branch
from fadc.calculus.transpose_loop import transpose_loop
from fadc.ir import (
    NONE,
    Block,
    Leaf,
    Literal,
    Operation,
    Sweep,
    Tree,
    Value,
    placement,
    rebuild,
    results,
    slots,
)
from fadc.ir.builder import Builder


def transpose(linearizing: Linearizing, linear: Linear, cotangents: Cotangents) -> Block:
    """The transposes of the steps of a linear part, last one first.

    ``cotangents`` contains those of the results before, and those of the inputs afterwards.
    """
    collected: list[Operation] = []
    for step in reversed(linear.steps):
        build = Builder(step.operation.span, Sweep.REVERSE, collected)
        _transpose(linearizing, build, step, cotangents, linear.home)
    return tuple(collected)


def _transpose(
    linearizing: Linearizing,
    build: Builder,
    step: Step,
    cotangents: Cotangents,
    home: frozenset[Value],
) -> None:
    match step:
        case LinearBroadcast():
            _transpose_broadcast(linearizing, build, step, cotangents)
        case LinearAggregate():
            _transpose_aggregate(linearizing, build, step, cotangents)
        case LinearApply(operation=primal) if (rule := rule_of(primal)) and rule.transpose:
            rule.transpose(build, primal, linearizing.active, cotangents)
        case LinearApply():
            _transpose_apply(linearizing, build, step, cotangents)
        case LinearCall():
            _transpose_call(build, step, cotangents)
        case LinearLoop():
            transpose_loop(linearizing, build, step, cotangents, transpose)
        case LinearBranch():
            transpose_branch(linearizing, build, step, cotangents, home, transpose)


def _transpose_broadcast(
    linearizing: Linearizing, build: Builder, step: LinearBroadcast, cotangents: Cotangents
) -> None:
    """Contributions are collected at the clients and uploaded once, when all are known."""
    operation = step.operation
    for value, result in zip(operation.values, operation.results, strict=True):
        term = cotangents.take(build, result) if linearizing.active(value) else None
        if term is not None:
            cotangents.upload(value, term, operation.span)


def _transpose_aggregate(
    linearizing: Linearizing, build: Builder, step: LinearAggregate, cotangents: Cotangents
) -> None:
    aggregator = step.operation.aggregator
    for tree, result in zip(step.operation.values, step.operation.results, strict=True):
        if not (isinstance(tree, Value) and linearizing.active(tree)):
            continue
        term = cotangents.take(build, result)
        if term is None:
            continue
        if result in step.jacobians:
            contract(build, step.jacobians[result], term, cotangents)
        elif isinstance(term.tree, Literal):  # A constant is known to everyone: nothing is sent.
            cotangents.give(tree, Term(term.tree, scaled=aggregator.like == "mean"))
        else:
            bar = table.transpose_aggregate(build, aggregator, term.tree, f"{tree.name}_bar")
            cotangents.give(tree, Term(bar))


def _transpose_apply(
    linearizing: Linearizing, build: Builder, step: LinearApply, cotangents: Cotangents
) -> None:
    operation = step.operation
    if not any(cotangents.has(value) for value in results(operation)):
        return
    scaled: set[bool] = set()

    def bar_of(value: Value) -> Tree:
        term = cotangents.take(build, value)
        if term is None:
            return NONE
        scaled.add(term.scaled)
        return cotangents.upright(build, term) if term.flipped else term.tree

    bar = rebuild(operation.result, bar_of)
    cotangents.unscalable |= len(scaled) > 1
    active = slots_where(linearizing.active, operation)
    flat = list(slots(operation.args))
    inputs = [value for i in active if isinstance(value := flat[i], Value)]
    bars = tuple(build.value(f"{v.name}_bar", _pulled_type(v)) for v in inputs)
    table.transpose_apply(build, operation, step.pullback, active, bar, bars)
    for value, found in zip(inputs, bars, strict=True):
        cotangents.give(value, Term(found, scaled=True in scaled))


def _pulled_type(value: Value) -> Leaf:
    """The type of the cotangent that a pullback returns for a value: one list for a tape."""
    return value.type if isinstance(value.type, Leaf) else Leaf(placement(value.type))


def _transpose_call(build: Builder, step: LinearCall, cotangents: Cotangents) -> None:
    outputs, pair = list(results(step.operation)), step.pair
    if not any(cotangents.has(value) for value in outputs):
        return
    bars = tuple(cotangents.total_or_zero(build, outputs[i]) for i in pair.outputs)
    flat = list(slots(step.operation.args))
    inputs = [value for i in pair.inputs if isinstance(value := flat[i], Value)]
    found = tuple(build.value(f"{v.name}_bar", v.type) for v in inputs)
    table.transpose_call(build, pair.backward, step.residuals, bars, found)
    for value, bar in zip(inputs, found, strict=True):
        cotangents.give(value, Term(bar))
