"""Forward mode: every operation with its pushforward, tangents in the messages of their primals.

%w_at_clients = broadcast %w                 %w_at_clients = broadcast %w
(%v) = apply clients `f` (%w_at_clients)     %w_at_clients_dot = broadcast %w_dot
%out = aggregate sum %v                      (%v, (%v_dot)) = apply clients jvp[0] `f`
                                becomes          (%w_at_clients, %w_at_clients_dot)
                                             %out = aggregate sum %v
                                             %out_dot = aggregate sum %v_dot
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from fadc.analyses.activity import Positions
from fadc.calculus import table
from fadc.calculus.builtin_functions import BuiltinRule, rule_of
from fadc.calculus.derivation import Derivation, Pushed, active_positions
from fadc.calculus.push_branch import push_branch
from fadc.calculus.push_loop import push_loop
from fadc.calculus.ruled import Ruled
from fadc.calculus.tangents import Tangents
from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Builtin,
    Call,
    Computation,
    Expression,
    Literal,
    Loop,
    Mapped,
    Node,
    Operation,
    Placement,
    Pushforward,
    Sweep,
    Tree,
    Value,
    is_array,
    rebuild,
    results,
    slots,
)
from fadc.ir.builder import Builder

Asked = tuple[str, tuple[str, ...] | None, Positions, Positions]
"""A direction's label and stack, the inputs that it reaches and the results that are wanted."""

PushCallee = Callable[[Derivation, Computation, tuple[Asked, ...]], Pushed]


@dataclass(frozen=True)
class Pushing:
    """The context of every step: the tangents along each direction, and how to push a callee.

    Work without tangents runs by its custom rules where ``ruled`` finds them.
    """

    derivation: Derivation
    directions: tuple[Tangents, ...]
    push_callee: PushCallee
    ruled: Ruled | None = None


def push_forward(pushing: Pushing, block: Block) -> Block:
    """A block that also computes the tangents of its active values."""
    collected: list[Operation] = []
    for operation in block:
        build = Builder(operation.span, Sweep.PRIMAL, collected)
        directions = [each for each in pushing.directions if each.reaches(operation)]
        if directions:
            _push(pushing, build, operation, directions)
        else:
            build.emit(pushing.ruled.operation(operation) if pushing.ruled else operation)
    return tuple(collected)


def _push(
    pushing: Pushing, build: Builder, operation: Operation, directions: list[Tangents]
) -> None:
    match operation:
        case Broadcast() | Aggregate():
            build.emit(operation)
            for each in directions:
                _push_message(pushing.derivation, build, operation, each)
        case Apply() if (rule := rule_of(operation)) is not None:
            build.emit(operation)
            _push_builtin(pushing.derivation, build, operation, rule, directions)
        case Apply():
            _push_apply(build, operation, directions)
        case Call():
            _push_call(pushing, build, operation, directions)
        case Loop():
            push_loop(build, operation, directions, partial(push_forward, pushing))
        case Branch():
            push_branch(build, operation, directions, partial(push_forward, pushing))


# Messages --------------------------------------------------------------------------------------


def _push_message(
    derivation: Derivation, build: Builder, operation: Broadcast | Aggregate, tangents: Tangents
) -> None:
    """The tangents of one message as one message. Ones are not sent: the clients know them."""
    pairs = []
    for value, result in zip(operation.values, operation.results, strict=True):
        if tangents.is_known(operation, value):
            tangents.start(build, result)
        elif tangents.active(result):
            pairs.append((value, result))
    if not pairs:
        return
    dots = tuple(tangents.tangent(build, value, result) for value, result in pairs)
    found = tuple(tangents.dot_of(result) for _, result in pairs)
    if isinstance(operation, Broadcast):
        table.push_broadcast(build, operation, dots, found)
        return
    table.push_aggregate(build, operation, dots, found)
    for _, result in pairs:
        if _may_be_figures(derivation, operation, result):
            tangents.fit(build, result)


def _may_be_figures(derivation: Derivation, operation: Aggregate, result: Value) -> bool:
    """Whether a message may be a mean of integers, of a count or of an input."""
    if is_array(result.type) or operation.aggregator.like != "mean":
        return False
    return result in derivation.figures or result in derivation.copies.values


# Local functions -------------------------------------------------------------------------------


def _push_builtin(
    derivation: Derivation,
    build: Builder,
    operation: Apply,
    rule: BuiltinRule,
    directions: list[Tangents],
) -> None:
    copied = operation.result in derivation.copies.values
    for each in directions:
        rule.push(build, operation, each, copied)


def _push_apply(build: Builder, operation: Apply, directions: list[Tangents]) -> None:
    """At the clients one linearization for all directions; at the server one for each direction."""
    assert isinstance(operation.function, Expression | Mapped | Builtin)
    flat, groups = list(slots(operation.args)), _groups(operation, directions)
    for group in groups:
        last = group is groups[-1]  # the last group's result may take names that are no longer read
        result = operation.result if last else rebuild(operation.result, replace)
        active = tuple(_reached(flat, each) for each in group)
        dots = tuple(
            each.tangent(build, flat[i])
            for each, own in zip(group, active, strict=True)
            for i in own
        )
        result_dots = tuple(rebuild(operation.result, each.dot_of) for each in group)
        function = Pushforward(operation.function, active, group[0].stack)
        table.push_apply(build, operation, function, dots, result, result_dots)


def _groups(operation: Apply, directions: list[Tangents]) -> list[list[Tangents]]:
    """Groups of directions that share a linearization: at the clients, all single tangents."""
    stacks = [[each] for each in directions if each.stack is not None]
    single = [each for each in directions if each.stack is None]
    if operation.placement is Placement.CLIENTS:
        return [*stacks, single] if single else stacks
    return [*stacks, *([each] for each in single)]


def _reached(flat: Iterable[Value | Literal], tangents: Tangents) -> tuple[int, ...]:
    """The positions of the leaves that have a tangent."""
    dots = tangents.dots
    return tuple(i for i, v in enumerate(flat) if isinstance(v, Value) and v in dots)


# Calls -----------------------------------------------------------------------------------------


def _push_call(
    pushing: Pushing, build: Builder, operation: Call, directions: list[Tangents]
) -> None:
    pushed = _pushed(pushing, operation, directions)
    flat, outputs = list(slots(operation.args)), list(results(operation))
    pairs = list(zip(directions, pushed.columns, strict=True))
    dots = tuple(each.tangent(build, flat[i]) for each, (ins, _) in pairs for i in ins)
    result_dots = tuple(each.dot_of(outputs[i]) for each, (_, outs) in pairs for i in outs)
    table.push_call(build, operation, pushed.name, dots, single_or_tuple(result_dots))


def _pushed(pushing: Pushing, operation: Call, directions: list[Tangents]) -> Pushed:
    """The pushforward of a callee, derived once for all calls that need the same one."""
    derivation = pushing.derivation
    callee = derivation.program.computations[operation.computation]
    flat, found = list(slots(operation.args)), list(results(operation))
    asked = tuple(
        (
            each.label,
            each.stack,
            frozenset(_reached(flat, each)),
            frozenset(active_positions(found, each.active)),
        )
        for each in directions
    )
    key = (callee.name, asked)
    if key not in derivation.pushed:
        derivation.pushed[key] = pushing.push_callee(derivation, callee, asked)
    return derivation.pushed[key]


def single_or_tuple(dots: tuple[Value, ...]) -> Tree:
    """One tangent as it is, several as a tuple."""
    return dots[0] if len(dots) == 1 else Node("tuple", dots)
