"""Activity: which values carry derivatives (Griewank & Walther, *Evaluating Derivatives*, §6.2).

A value is *varied* if it depends on an input and *useful* if a result depends on it, both along
differentiable values. Both are computed once for a computation, as sets of input and of result
positions, so that every choice of inputs and results is a lookup.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    _forwards(computation.block, result.origins, callees)
    for index, value in enumerate(outputs_of(computation)):
        _reach(result.reaches, value, frozenset((index,)))
    _backwards(computation.block, result.reaches, callees)
    result.outputs = tuple(result.origins.get(v, NOWHERE) for v in outputs_of(computation))
    return result


def _union(known: dict[Value, Positions], trees: Iterable[Tree]) -> Positions:
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


def _forwards(
    block: Block, origins: dict[Value, Positions], callees: dict[str, Dependence]
) -> None:
    for operation in block:
        match operation:
            case Broadcast(values=values, results=found) | Aggregate(values=values, results=found):
                for tree, result in zip(values, found, strict=True):
                    _set(origins, result, _union(origins, (tree,)))
            case Apply(args=args):
                total = NOWHERE if is_constant(operation) else _union(origins, args)
                for result in results(operation):
                    _set(origins, result, total)
            case Call(computation=name, args=args):
                inputs = list(slots(args))
                for result, positions in zip(
                    results(operation), callees[name].outputs, strict=True
                ):
                    _set(origins, result, _union(origins, (inputs[i] for i in sorted(positions))))
            case Branch(then=then, orelse=orelse, choices=choices):
                _forwards(then, origins, callees)
                _forwards(orelse, origins, callees)
                for choice in choices:
                    arms = [arm for arm in (choice.then, choice.orelse) if arm is not None]
                    _set(origins, choice.output, _union(origins, arms))
            case Loop():
                _forwards_loop(operation, origins, callees)


def _forwards_loop(
    loop: Loop, origins: dict[Value, Positions], callees: dict[str, Dependence]
) -> None:
    for source in loop.sources:
        pairs = zip(all_leaves(source.args), leaves(source.target), strict=False)
        for tape, target in pairs if source.kind == "tape" else ():
            _set(origins, target, origins.get(tape, NOWHERE))
    for item in loop.carried:
        _set(origins, item.param, _union(origins, (item.init,)))
    news = True
    while news:
        _forwards(loop.body, origins, callees)
        news = False
        for item in loop.carried:
            known = origins.get(item.param, NOWHERE)
            news |= _set(origins, item.param, known | _union(origins, (item.result,)))
    for item in loop.carried:
        _set(origins, item.output, _union(origins, (item.init, item.result)))
    for stack in loop.stacks:
        _set(origins, stack.tape, _union(origins, (stack.item,)))


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
            case Apply(args=args):
                if not is_constant(operation):
                    _reach_all(reaches, args, _union(reaches, results(operation)))
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
