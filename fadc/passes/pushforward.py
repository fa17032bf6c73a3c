"""Forward mode: every operation beside its pushforward, tangents in the messages of their primals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from fadc.analyses.activity import (
    Positions,
    differentiated_args,
    inputs_of,
    is_constant,
    outputs_of,
)
from fadc.ir import (
    NONE,
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Builtin,
    Call,
    Carried,
    Choice,
    Computation,
    Literal,
    Loop,
    Node,
    Operation,
    Parameter,
    Placement,
    Source,
    Stack,
    Sweep,
    Tree,
    Value,
    is_array,
    leaves,
    pack,
    rebuild,
    results,
    slots,
)
from fadc.ir.builder import Builder
from fadc.passes.derivation import Derivation, Pushed, active_positions
from fadc.passes.directions import Direction
from fadc.passes.finish import Finish
from fadc.passes.ruled import Ruled
from fadc.passes.seeds import free_name, taken_names
from fadc.rules import RULES

LINEAR = (
    "pack",
    "unpack",
    "item",
    "reverse_tape",
    "as_tape",
    "cast_like",
    "over_clients",
    "times_clients",
)
"""Builtins that are linear in their first argument: they are their own pushforward."""


class Pushforward:
    """Pushes tangents through the blocks of one computation."""

    def __init__(
        self,
        derivation: Derivation,
        directions: Iterable[Direction],
        varied: Callable[[Value], bool] | None = None,
    ) -> None:
        self.derivation, self.directions = derivation, tuple(directions)
        self.ruled = Ruled(derivation, varied, sure=True) if varied else None

    def block(self, block: Block) -> Block:
        """A block with the tangents of its active values beside them."""
        collected: list[Operation] = []
        for operation in block:
            build = Builder(operation.span, Sweep.PRIMAL, collected)
            self._push(build, operation)
        return tuple(collected)

    def _push(self, build: Builder, operation: Operation) -> None:
        directions = [each for each in self.directions if each.reaches(operation)]
        if not directions:
            build.emit(self.ruled.operation(operation) if self.ruled else operation)
            return
        match operation:
            case Broadcast() | Aggregate():
                build.emit(operation)
                for direction in directions:
                    self._push_message(build, operation, direction)
            case Apply(function=Builtin(name=name)) if name == "add" or name in LINEAR:
                build.emit(operation)
                for direction in directions:
                    self._push_linear(build, operation, name, direction)
            case Apply():
                self._push_apply(build, operation, directions)
            case Call():
                self._push_call(build, operation, directions)
            case Loop():
                self._push_loop(build, operation, directions)
            case Branch():
                self._push_branch(build, operation, directions)

    def _push_message(
        self, build: Builder, operation: Broadcast | Aggregate, direction: Direction
    ) -> None:
        pairs = []
        for value, result in zip(operation.values, operation.results, strict=True):
            if direction.is_known(operation, value):
                direction.start(build, result)
            elif direction.active(result):
                pairs.append((value, result))
        if not pairs:
            return
        dots = tuple(direction.tangent(build, value, result) for value, result in pairs)
        found = tuple(direction.dot_of(result) for _, result in pairs)
        RULES[type(operation)].pushforward(build, operation, found, dots)
        for _, result in pairs:
            if not is_array(result.type) and self._may_be_figures(operation, result):
                direction.fit(build, result)

    def _may_be_figures(self, operation: Broadcast | Aggregate, result: Value) -> bool:
        """Whether a message may be a mean of integers: of a count, or of an input."""
        if not isinstance(operation, Aggregate) or operation.aggregator.like != "mean":
            return False
        return result in self.derivation.figures or result in self.derivation.copies.values

    def _push_linear(
        self, build: Builder, operation: Apply, name: str, direction: Direction
    ) -> None:
        """Builtins that are linear are their own pushforward."""
        if name == "add" and isinstance(operation.result, Value):
            dots = direction.dots
            flat = slots(operation.args)
            found = [dots[v] for v in flat if isinstance(v, Value) and v in dots]
            if len(found) == 1:
                dots[operation.result] = found[0]
            else:
                result = direction.dot_of(operation.result)
                build.emit(replace(operation, args=tuple(found), result=result))
            if len(found) == 1 or operation.result in self.derivation.copies.values:
                direction.fit(build, operation.result)
            return
        read = differentiated_args(operation)
        args = tuple(direction.tangents(build, arg, operation.placement) for arg in read)
        args = (*args, *operation.args[len(args) :])
        result_dot = rebuild(operation.result, direction.dot_of)
        build.emit(replace(operation, args=args, result=result_dot))

    def _push_apply(self, build: Builder, operation: Apply, directions: list[Direction]) -> None:
        """One linearization at the clients along all directions; server expressions are repeated."""
        if is_constant(operation):
            build.emit(operation)
            return
        flat, groups = list(slots(operation.args)), _groups(operation, directions)
        for group in groups:
            last = group is groups[-1]  # names are free for the result when all else is read
            result = operation.result if last else rebuild(operation.result, replace)
            active = tuple(_reached(flat, each) for each in group)
            dots = tuple(
                each.tangent(build, flat[i])
                for each, own in zip(group, active, strict=True)
                for i in own
            )
            result_dots = tuple(rebuild(operation.result, each.dot_of) for each in group)
            rule, stack = RULES[Apply].pushforward, group[0].stack
            rule(build, operation, active, dots, result, result_dots, stack)

    def _push_call(self, build: Builder, operation: Call, directions: list[Direction]) -> None:
        pushed = self._derive(operation, directions)
        flat, outputs = list(slots(operation.args)), list(results(operation))
        pairs = list(zip(directions, pushed.columns, strict=True))
        dots = tuple(each.tangent(build, flat[i]) for each, (ins, _) in pairs for i in ins)
        out_dots = tuple(each.dot_of(outputs[i]) for each, (_, outs) in pairs for i in outs)
        build.emit(
            replace(
                operation,
                computation=pushed.name,
                args=(*operation.args, *dots),
                result=pack(operation.result, _single(out_dots)),
            )
        )

    def _derive(self, operation: Call, directions: list[Direction]) -> Pushed:
        derivation = self.derivation
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
            derivation.pushed[key] = push_callee(derivation, callee, asked)
        return derivation.pushed[key]

    def _push_loop(self, build: Builder, loop: Loop, directions: list[Direction]) -> None:
        pushed = [
            (each, item)
            for each in directions
            for item in loop.carried
            if each.active(item.output) or each.active(item.param)
        ]
        sources = [s for e in directions for own in loop.sources for s in _push_source(own, e)]
        inits = [each.tangent(build, item.init, item.param) for each, item in pushed]
        params = [each.dot_of(item.param) for each, item in pushed]
        with build.collecting() as collected:
            collected += self.block(loop.body)
            ends = [each.tangent(build, item.result, item.param) for each, item in pushed]
            stacks = [(e, s) for e in directions for s in loop.stacks if e.active(s.tape)]
            items = [each.tangent(build, stack.item) for each, stack in stacks]
        carried = [
            Carried(init, param, end, each.dot_of(item.output))
            for (each, item), init, param, end in zip(pushed, inits, params, ends, strict=True)
        ]
        tapes = [
            Stack(item, each.dot_of(stack.tape))
            for (each, stack), item in zip(stacks, items, strict=True)
        ]
        build.emit(
            replace(
                loop,
                sources=(*loop.sources, *sources),
                carried=(*loop.carried, *carried),
                stacks=(*loop.stacks, *tapes),
                body=tuple(collected),
            )
        )

    def _push_branch(self, build: Builder, branch: Branch, directions: list[Direction]) -> None:
        chosen = [(e, c) for e in directions for c in branch.choices if e.active(c.output)]
        arms = []
        for block, side in ((branch.then, "then"), (branch.orelse, "orelse")):
            with build.collecting() as collected:
                collected += self.block(block)
                trees = [getattr(choice, side) for _, choice in chosen]
                dots: list[Tree | None] = [
                    tree if tree in (None, NONE) else each.tangent(build, tree, choice.output)
                    for tree, (each, choice) in zip(trees, chosen, strict=True)
                ]
            arms.append((tuple(collected), dots))
        (then, then_dots), (orelse, orelse_dots) = arms
        choices = [
            Choice(first, second, each.dot_of(choice.output))
            for first, second, (each, choice) in zip(then_dots, orelse_dots, chosen, strict=True)
        ]
        build.emit(replace(branch, then=then, orelse=orelse, choices=(*branch.choices, *choices)))


def _groups(operation: Apply, directions: list[Direction]) -> list[list[Direction]]:
    """Directions that share a linearization: those of single tangents, at the clients."""
    stacks = [[each] for each in directions if each.stack is not None]
    single = [each for each in directions if each.stack is None]
    if operation.placement is Placement.CLIENTS:
        return [*stacks, single] if single else stacks
    return [*stacks, *([each] for each in single)]


def _reached(flat: Iterable[Value | Literal], direction: Direction) -> tuple[int, ...]:
    """The positions of the leaves that have a tangent."""
    dots = direction.dots
    return tuple(i for i, v in enumerate(flat) if isinstance(v, Value) and v in dots)


def _single(dots: tuple[Value, ...]) -> Tree:
    return dots[0] if len(dots) == 1 else Node("tuple", dots)


def _push_source(source: Source, direction: Direction) -> list[Source]:
    if source.kind != "tape":
        return []
    columns = zip(leaves(source.args[0]), leaves(source.target), strict=True)
    return [
        Source("tape", (direction.dots[tape],), direction.dot_of(target), source.reverse)
        for tape, target in columns
        if tape in direction.dots and direction.active(target)
    ]


Asked = tuple[str, tuple[str, ...] | None, Positions, Positions]


def push_callee(
    derivation: Derivation,
    callee: Computation,
    asked: tuple[Asked, ...],
) -> Pushed:
    """``NAME_jvp`` of a called computation: one keyword-only tangent for each active input leaf.

    ``asked`` has for each direction its label, its stack, the inputs that it reaches and the results
    that are wanted.
    """
    inputs, outputs = inputs_of(callee), outputs_of(callee)
    directions: list[Direction] = []
    columns: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
    known = taken_names(callee)
    parameters: list[Parameter] = []
    for label, stack, varied, useful in asked:
        active = derivation.activity(callee.name, varied, useful)
        ins = tuple(i for i in sorted(varied) if active(inputs[i]))
        columns.append((ins, tuple(i for i in sorted(useful) if active(outputs[i]))))
        directions.append(direction := Direction(active, label=label, stack=stack))
        for dot in [direction.dot_of(inputs[i]) for i in ins]:
            direction.sample = direction.sample or dot
            name = free_name(dot.name, known)
            parameters.append(Parameter(name, "", dot, keyword_only=True))
    every = frozenset[int]().union(*(varied for _, _, varied, _ in asked))
    push = Pushforward(derivation, directions, derivation.varied(callee.name, every))
    block = push.block(callee.block)
    found = zip(directions, columns, strict=True)
    out_dots = tuple(each.dots[outputs[i]] for each, (_, outs) in found for i in outs)
    name = derivation.fresh_name(f"{callee.name}_jvp")
    made = replace(
        callee,
        name=name,
        parameters=(*callee.parameters, *parameters),
        block=block,
        result=pack(callee.result, _single(out_dots)),
        annotation="",
        docstring=f"The pushforward of `{callee.name}`.",
    )
    derivation.add(Finish(derivation).run(made))
    return Pushed(name, tuple(columns))
