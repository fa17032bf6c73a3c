"""Activity: which values carry derivatives (Griewank & Walther, *Evaluating Derivatives*, §6.2).

A value is *varied* if it depends on an input and *useful* if a result depends on it, both along
differentiable values. Both are computed once for a computation, as sets of input and of result
positions, so that every choice of inputs and results is a lookup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

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
    Loop,
    Operation,
    Program,
    Tree,
    Value,
    all_leaves,
    differentiable,
    leaves,
    results,
    slots,
)

Positions = frozenset[int]
NOWHERE: Positions = frozenset()

Reads = Callable[[Apply], tuple[Tree, ...]]
"""The arguments of a local function that what is asked for comes through."""


@dataclass
class Dependence:
    """For each value the inputs it depends on and the results that depend on it."""

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


def dependences(program: Program) -> dict[str, Dependence]:
    """The dependence of every computation, callees first."""
    found: dict[str, Dependence] = {}
    for name, computation in program.computations.items():
        found[name] = _dependence(computation, found)
    return found


def _dependence(computation: Computation, callees: dict[str, Dependence]) -> Dependence:
    result = Dependence()
    for index, value in enumerate(inputs_of(computation)):
        result.origins[value] = frozenset((index,)) if differentiable(value.type) else NOWHERE
    spread(computation.block, result.origins, callees, differentiated_args)
    for index, value in enumerate(outputs_of(computation)):
        _reach(result.reaches, value, frozenset((index,)))
    _backwards(computation.block, result.reaches, callees)
    result.outputs = tuple(result.origins.get(v, NOWHERE) for v in outputs_of(computation))
    return result


def union(known: dict[Value, Positions], trees: Iterable[Tree]) -> Positions:
    """All positions that are known of the values of some trees."""
    return NOWHERE.union(*(known.get(value, NOWHERE) for value in all_leaves(trees)))


def _set(origins: dict[Value, Positions], value: Value, found: Positions) -> bool:
    """Record what a value depends on; whether that is news."""
    found = found if differentiable(value.type) else NOWHERE
    if origins.get(value) == found:
        return False
    origins[value] = found
    return True


def is_constant(operation: Operation) -> bool:
    """Whether an operation's results have no derivative whatever its arguments."""
    match operation:
        case Apply(function=Expression(flat=flat)):
            return flat
        case Apply(function=Builtin(name=name)):
            return name in ("zeros_like", "ones_like")
    return False


def differentiated_args(operation: Apply) -> tuple[Tree, ...]:
    """The arguments that a local function's results have a derivative by."""
    if is_constant(operation):
        return ()
    is_cast = operation.function == Builtin("cast_like")
    return operation.args[:1] if is_cast else operation.args


def spread(
    block: Block,
    origins: dict[Value, Positions],
    callees: dict[str, Dependence],
    reads: Reads,
) -> None:
    """Find for each value of a block the inputs that it comes from, through what local functions read."""
    for operation in block:
        match operation:
            case Broadcast(values=values, results=found) | Aggregate(values=values, results=found):
                for tree, result in zip(values, found, strict=True):
                    _set(origins, result, union(origins, (tree,)))
            case Apply():
                total = union(origins, reads(operation))
                for result in results(operation):
                    _set(origins, result, total)
            case Call(computation=name, args=args):
                inputs = list(slots(args))
                for result, positions in zip(
                    results(operation), callees[name].outputs, strict=True
                ):
                    _set(origins, result, union(origins, (inputs[i] for i in sorted(positions))))
            case Branch(then=then, orelse=orelse, choices=choices):
                spread(then, origins, callees, reads)
                spread(orelse, origins, callees, reads)
                for choice in choices:
                    arms = [arm for arm in (choice.then, choice.orelse) if arm is not None]
                    _set(origins, choice.output, union(origins, arms))
            case Loop():
                _spread_loop(operation, origins, callees, reads)


def _spread_loop(
    loop: Loop,
    origins: dict[Value, Positions],
    callees: dict[str, Dependence],
    reads: Reads,
) -> None:
    for source in loop.sources:
        pairs = zip(all_leaves(source.args), leaves(source.target), strict=False)
        for tape, target in pairs if source.kind == "tape" else ():
            _set(origins, target, origins.get(tape, NOWHERE))
    for item in loop.carried:
        _set(origins, item.param, union(origins, (item.init,)))
    news = True
    while news:
        spread(loop.body, origins, callees, reads)
        news = False
        for item in loop.carried:
            known = origins.get(item.param, NOWHERE)
            news |= _set(origins, item.param, known | union(origins, (item.result,)))
    for item in loop.carried:
        _set(origins, item.output, union(origins, (item.init, item.result)))
    for stack in loop.stacks:
        _set(origins, stack.tape, union(origins, (stack.item,)))


def _reach(reaches: dict[Value, Positions], value: Value, found: Positions) -> None:
    if found and differentiable(value.type):
        reaches[value] = reaches.get(value, NOWHERE) | found


def _reach_all(reaches: dict[Value, Positions], trees: Iterable[Tree], found: Positions) -> None:
    for value in all_leaves(trees):
        _reach(reaches, value, found)


def _backwards(
    block: Block, reaches: dict[Value, Positions], callees: dict[str, Dependence]
) -> None:
    for operation in reversed(block):
        match operation:
            case Broadcast(values=values, results=found) | Aggregate(values=values, results=found):
                for tree, result in zip(values, found, strict=True):
                    _reach_all(reaches, (tree,), reaches.get(result, NOWHERE))
            case Apply():
                found_by = union(reaches, results(operation))
                _reach_all(reaches, differentiated_args(operation), found_by)
            case Call(computation=name, args=args):
                inputs = list(slots(args))
                for result, positions in zip(
                    results(operation), callees[name].outputs, strict=True
                ):
                    sources = (inputs[i] for i in sorted(positions))
                    _reach_all(reaches, sources, reaches.get(result, NOWHERE))
            case Branch(then=then, orelse=orelse, choices=choices):
                for choice in choices:
                    arms = [arm for arm in (choice.then, choice.orelse) if arm is not None]
                    _reach_all(reaches, arms, reaches.get(choice.output, NOWHERE))
                _backwards(then, reaches, callees)
                _backwards(orelse, reaches, callees)
            case Loop():
                _backwards_loop(operation, reaches, callees)


def _backwards_loop(
    loop: Loop, reaches: dict[Value, Positions], callees: dict[str, Dependence]
) -> None:
    for stack in loop.stacks:
        _reach_all(reaches, (stack.item,), reaches.get(stack.tape, NOWHERE))
    before: list[Positions] = []
    while True:
        for item in loop.carried:
            found = reaches.get(item.output, NOWHERE) | reaches.get(item.param, NOWHERE)
            _reach_all(reaches, (item.result,), found)
        _backwards(loop.body, reaches, callees)
        after = [reaches.get(item.param, NOWHERE) for item in loop.carried]
        if after == before:
            break
        before = after
    for item in loop.carried:
        found = reaches.get(item.output, NOWHERE) | reaches.get(item.param, NOWHERE)
        _reach_all(reaches, (item.init,), found)
    for source in loop.sources:
        pairs = zip(all_leaves(source.args), leaves(source.target), strict=False)
        for tape, target in pairs if source.kind == "tape" else ():
            _reach(reaches, tape, reaches.get(target, NOWHERE))
