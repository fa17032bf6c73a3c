"""From a computation to its schedule: an interpretation that follows every value's size and origin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from fadc.analyses.applications import Applications
from fadc.analyses.bindings import NOWHERE
from fadc.analyses.calling import Arguments, Called, handed, left
from fadc.analyses.iterations import Iterations, Length
from fadc.analyses.likeness import Likeness, terms
from fadc.analyses.schedule import (
    Alternative,
    Enter,
    Handed,
    Held,
    Move,
    Repeat,
    Role,
    Routine,
    Schedule,
    Send,
    Steps,
    Symbols,
)
from fadc.analyses.sizes import ONE, Size
from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Bundle,
    Call,
    Computation,
    Loop,
    Node,
    Placement,
    Tree,
    Value,
    all_leaves,
    leaves,
    placement,
)


def schedule(
    computations: Mapping[str, Computation],
    name: str,
    symbols: Symbols | None = None,
    seeds: Role = "value",
    primal: Iterable[str] | None = None,
) -> Schedule:
    """The schedule of a computation.

    ``seeds`` is the role of the parameters that are not among the ``primal`` ones.
    """
    return _walked(computations, name, symbols or Symbols(), seeds, primal)[1]


def sizes_of(
    computations: Mapping[str, Computation], name: str
) -> tuple[dict[Value, tuple[str, ...]], dict[Value, str]]:
    """The sizes of a computation's values, as factors, and the texts of its static values."""
    walk, _ = _walked(computations, name, Symbols())
    sizes = {value: held.size for value, held in walk.env.items() if held.size is not None}
    terms = {value: list(size.terms.items()) for value, size in sizes.items()}
    products = {
        value: found[0][0] for value, found in terms.items() if [c for _, c in found] == [1]
    }
    return products, {value: static.text for value, static in walk.iterations.statics.items()}


def _walked(
    computations: Mapping[str, Computation],
    name: str,
    symbols: Symbols,
    seeds: Role = "value",
    primal: Iterable[str] | None = None,
) -> tuple[_ScheduleWalk, Schedule]:
    computation = computations[name]
    iterations = Iterations()
    walk = _ScheduleWalk(computations, symbols, iterations, Likeness(iterations))
    known = None if primal is None else set(primal)
    inputs: dict[str, tuple[Held, ...]] = {}
    for parameter in computation.parameters:
        role: Role = "value" if known is None or parameter.name in known else seeds
        for value in leaves(parameter.tree):
            walk.env[value] = walk.input(value, role, parameter.name)
        inputs[parameter.name] = tuple(walk.env[value] for value in leaves(parameter.tree))
    walk.block(computation.block)
    kept = [walk.held(value) for value in leaves(computation.result)]
    results = tuple(each for each in kept if each.at_clients)
    return walk, Schedule(tuple(walk.steps), inputs, results, walk.copies)


Packed = list[tuple[Held, tuple[Held, ...]]]
"""The residuals of calls, and the values in them."""


@dataclass
class _ScheduleWalk(Applications):
    """Interprets one computation, and all that it calls, each once for arguments that are alike."""

    called: dict[object, Called] = field(default_factory=dict)

    def block(self, block: Block) -> None:
        for operation in block:
            match operation:
                case Broadcast() | Aggregate():
                    self._message(operation)
                case Apply():
                    self.apply(operation)
                case Call():
                    self._call(operation)
                case Loop():
                    self._loop(operation)
                case Branch():
                    self._branch(operation)

    def _message(self, operation: Broadcast | Aggregate) -> None:
        sent = tuple(self.held(value) for value in all_leaves(operation.values))
        made = []
        for tree, result in zip(operation.values, operation.results, strict=True):
            self.env[result] = self.like(self.held(tree), result)
            made.append(self.env[result])
        down = isinstance(operation, Broadcast)
        primitive = "broadcast" if isinstance(operation, Broadcast) else operation.aggregator.like
        mechanism = "" if isinstance(operation, Broadcast) else operation.aggregator.mechanism
        self.steps.append(
            Send(
                "down" if down else "up",
                primitive,
                mechanism,
                sent,
                tuple(made),
                self.count,
                operation.span,
                operation.sweep,
            )
        )

    def _call(self, operation: Call) -> None:
        """The routine of a call, or that of an earlier call whose arguments are alike."""
        callee = self.computations[operation.computation]
        call = Arguments(self.alike, self.held)
        for parameter, arg in zip(callee.parameters, operation.args, strict=True):
            call.hand(parameter.tree, arg)
        key = (callee.name, terms(self.count), self.iterations.conditions, call.looks)
        if key not in self.called:
            self.called[key] = self._routine(callee, call)
        called = self.called[key]
        results, packed = self._returned(operation.result, callee.result, called)
        arguments = call.handed(called.parameters)
        self.steps.append(Enter(called.routine, arguments, tuple(results), tuple(packed)))

    def _routine(self, callee: Computation, call: Arguments) -> Called:
        """The routine of a computation for arguments like these."""
        parameters = tuple(self.alike.copy(held) for _, held, _ in call.values)
        env = {leaf: made for (leaf, _, _), made in zip(call.values, parameters, strict=True)}
        inner = replace(self, env=env, expected={}, steps=[], nested=True)
        self.iterations.statics.update(call.statics)
        inner.block(callee.block)
        static = [v for v in leaves(callee.result) if placement(v.type) is Placement.STATIC]
        statics = {value: self.iterations.text(value) for value in static}
        routine = Routine(callee.name, tuple(inner.steps))
        return Called(routine, parameters, inner.held, statics)

    def _returned(self, target: Tree, result: Tree, called: Called) -> tuple[list[Handed], Packed]:
        """The results of a call, each as a new value, and its residuals."""
        if isinstance(target, Node) and isinstance(result, Node):
            parts = zip(target.children, result.children, strict=False)
            found = [self._returned(part, given, called) for part, given in parts]
            return [h for handed, _ in found for h in handed], [
                p for _, left in found for p in left
            ]
        if not isinstance(target, Value):
            return [], []
        if isinstance(target.type, Bundle):
            made = self.env[target] = self.fresh(target)
            values = tuple(leaves(result))
            self.packs[made] = tuple(map(called.held, values))
            self.alike.residuals[made] = tuple(map(called.statics.get, values))
            return [], [(made, left(self.alike, self.packs[made]))]
        inner = called.held(result)
        self.env[target] = self.alike.copy(inner)
        return list(handed(self.alike, self.env[target], inner)), []

    def _loop(self, operation: Loop) -> None:
        length = self.iterations.enter(operation, self.count, self.held)
        if length.count == Size():
            for item in operation.carried:
                self.env[item.output] = self.held(item.init)
            for stack in operation.stacks:
                self._stack(stack.tape, self.fresh(stack.tape), length)
            return
        inner = replace(self, steps=[], count=length.count)
        inner._bind_sources(operation)
        for item in operation.carried:
            init = self.held(item.init)
            placed = placement(item.param.type) is not Placement.STATIC
            held = (
                self.fresh(item.param)
                if init is NOWHERE or not isinstance(item.init, Value)
                else self.like(init, item.param)
            )
            self.env[item.param] = self.env[item.output] = held
            if placed and isinstance(item.result, Value) and isinstance(item.init, Value):
                self.expected.setdefault(item.result, held)
            self.steps.append(Move(held, init))
        inner.block(operation.body)
        for item in operation.carried:
            inner.steps.append(Move(self.env[item.param], inner.held(item.result)))
        self.steps.append(Repeat(tuple(inner.steps), self.count, length.count))
        for stack in operation.stacks:
            self._stack(stack.tape, inner.held(stack.item), length)

    def _bind_sources(self, operation: Loop) -> None:
        for source in operation.sources:
            tapes = list(all_leaves(source.args)) if source.kind == "tape" else []
            for value, tape in zip(leaves(source.target), tapes, strict=False):
                held = self.held(tape)
                self.env[value] = self.tapes.get(held) or self.fresh(value)

    def _stack(self, tape: Value, item: Held, length: Length) -> None:
        held = self.fresh(tape)
        size = item.size.times(length.each) if item.size is not None and length.each else None
        held = replace(held, size=size or held.size, dims=None, dtype=item.dtype)
        self.env[tape] = held
        self.tapes[held] = item
        self.iterations.lengths[held] = length
        while item in self.tapes:
            item = self.tapes[item]
        self.copies[item] = self.copies.get(item, ONE).times(length.each or length.count)

    def _branch(self, operation: Branch) -> None:
        condition = self.iterations.text(operation.condition)
        arms: list[Steps] = []
        counts: list[Size] = []
        bound: list[list[Held | None]] = []
        for side in ("then", "orelse"):
            count = self.iterations.chosen(condition, side == "then", self.count)
            inner = replace(self, steps=[], count=count)
            with self.iterations.assuming(condition, side == "then"):
                if count != Size():
                    inner.block(getattr(operation, side))
            ends = [getattr(choice, side) for choice in operation.choices]
            bound.append([inner.held(end) if isinstance(end, Value) else None for end in ends])
            arms.append(tuple(inner.steps))
            counts.append(count)
        for choice, then, orelse in zip(operation.choices, *bound, strict=True):
            self._choose(choice.output, then, orelse, arms)
        self.steps.append(Alternative(arms[0], arms[1], counts[0], counts[1]))

    def _choose(
        self, output: Value, then: Held | None, orelse: Held | None, arms: list[Steps]
    ) -> None:
        found = then or orelse
        if found is None:
            self.env[output] = self.fresh(output)
        elif then is None or orelse is None or then is orelse:
            self.env[output] = found
        else:
            held = self.like(found, output)
            self.env[output] = held
            if found in self.tapes:
                self.tapes[held] = self.tapes[found]
            arms[0] += (Move(held, then),)
            arms[1] += (Move(held, orelse),)
