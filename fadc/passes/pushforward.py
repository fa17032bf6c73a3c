"""Forward mode: every operation beside its pushforward, tangents in the messages of their primals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fadc.analyses.activity import Positions, inputs_of, is_constant, outputs_of
from fadc.builder import Builder
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
    Loop,
    Node,
    Operation,
    Parameter,
    Source,
    Stack,
    Sweep,
    Tree,
    Value,
    is_array,
    leaves,
    pack,
    placement,
    rebuild,
    results,
    slots,
)
from fadc.passes.derivation import Derivation, Derived, active_positions
from fadc.rules import RULES

LINEAR = (
    "pack",
    "unpack",
    "item",
    "reverse_tape",
    "as_tape",
    "over_clients",
    "times_clients",
)
"""Builtins of one argument that are linear: they are their own pushforward."""


def fit_tangent(build: Builder, mean: Value, dot: Value) -> Value:
    """The tangent of a mean that may be one of integers: float0, as theirs is, or a float as its own.

    ``zeros_like(mean) + dot`` is the right one in either case.
    """
    if is_array(mean.type):
        return dot
    zeros = build.apply(Builtin("zeros_like"), (mean,), dot.name, placement(mean.type), mean.type)
    return build.apply(Builtin("add"), (zeros, dot), dot.name, placement(mean.type), mean.type)


class Pushforward:
    """Pushes tangents through the blocks of one computation."""

    def __init__(
        self, derivation: Derivation, active: Callable[[Value], bool], dots: dict[Value, Value]
    ) -> None:
        self.derivation, self.active, self.dots = derivation, active, dots
        self.seeds: set[Value] = set()

    def block(self, block: Block) -> Block:
        """A block with the tangents of its active values beside them."""
        collected: list[Operation] = []
        for operation in block:
            build = Builder(operation.span, Sweep.PRIMAL, collected)
            self._push(build, operation)
        return tuple(collected)

    def _push(self, build: Builder, operation: Operation) -> None:
        if not any(self.active(value) for value in results(operation)):
            build.emit(operation)
            return
        match operation:
            case Broadcast() | Aggregate():
                self._push_message(build, operation)
            case Apply(function=Builtin()):
                self._push_builtin(build, operation)
            case Apply():
                self._push_apply(build, operation)
            case Call():
                self._push_call(build, operation)
            case Loop():
                self._push_loop(build, operation)
            case Branch():
                self._push_branch(build, operation)

    def dot_of(self, value: Value) -> Value:
        """A fresh tangent of a value."""
        self.dots[value] = dot = replace(value, name=f"{value.name}_dot")
        return dot

    def tangent(self, build: Builder, tree: Tree, like: Value | None = None) -> Value:
        """The tangent of a value, zeros where it is inactive or a constant."""
        if isinstance(tree, Value):
            if tree in self.dots:
                return self.dots[tree]
            like = like or tree
        assert like is not None
        name = f"{like.name}_dot"
        return build.apply(Builtin("zeros_like"), (tree,), name, placement(like.type), like.type)

    def _push_message(self, build: Builder, operation: Broadcast | Aggregate) -> None:
        build.emit(operation)
        pairs = []
        for value, result in zip(operation.values, operation.results, strict=True):
            if self._sends_ones(operation, value):
                self.push_seed(build, result)
            elif self.active(result):
                pairs.append((value, result))
        if not pairs:
            return
        dots = tuple(self.tangent(build, value, result) for value, result in pairs)
        found = tuple(self.dot_of(result) for _, result in pairs)
        RULES[type(operation)].pushforward(build, operation, found, dots)
        for _, result in pairs:
            if result in self.derivation.figures:
                self.dots[result] = fit_tangent(build, result, self.dots[result])

    def _sends_ones(self, operation: Broadcast | Aggregate, value: Tree) -> bool:
        """Whether the tangent of a broadcast value is one that the clients make themselves."""
        if not (isinstance(operation, Broadcast) and isinstance(value, Value)):
            return False
        return value in self.dots and self.dots[value] in self.seeds

    def push_seed(self, build: Builder, value: Value) -> None:
        """Start with a tangent of ones, which everybody knows: it is never sent."""
        dot = build.apply(
            Builtin("ones_like"), (value,), f"{value.name}_dot", placement(value.type), value.type
        )
        self.dots[value] = dot
        self.seeds.add(dot)

    def _push_builtin(self, build: Builder, operation: Apply) -> None:
        """Builtins that are linear are their own pushforward."""
        assert isinstance(operation.function, Builtin)
        name = operation.function.name
        if name == "add" and isinstance(operation.result, Value):
            build.emit(operation)
            found = [
                self.dots[v]
                for v in slots(operation.args)
                if isinstance(v, Value) and v in self.dots
            ]
            if len(found) == 1:
                self.dots[operation.result] = found[0]
            else:
                result = self.dot_of(operation.result)
                build.emit(replace(operation, args=tuple(found), result=result))
        elif name in LINEAR:
            build.emit(operation)
            args = tuple(
                rebuild(arg, lambda value: self.tangent(build, value)) for arg in operation.args
            )
            build.emit(replace(operation, args=args, result=rebuild(operation.result, self.dot_of)))
        else:
            self._push_apply(build, operation)

    def _push_apply(self, build: Builder, operation: Apply) -> None:
        if is_constant(operation):
            build.emit(operation)
            return
        flat = list(slots(operation.args))
        active = tuple(i for i, v in enumerate(flat) if isinstance(v, Value) and v in self.dots)
        dots = tuple(self.dots[v] for v in flat if isinstance(v, Value) and v in self.dots)
        result_dot = rebuild(operation.result, self.dot_of)
        RULES[Apply].pushforward(build, operation, active, dots, operation.result, result_dot)

    def _push_call(self, build: Builder, operation: Call) -> None:
        derived = self._derive(operation)
        flat = list(slots(operation.args))
        dots = tuple(self.tangent(build, flat[i]) for i in derived.inputs)
        outputs = list(results(operation))
        out_dots = tuple(self.dot_of(outputs[i]) for i in derived.outputs)
        result_dot = out_dots[0] if len(out_dots) == 1 else Node("tuple", out_dots)
        build.emit(
            replace(
                operation,
                computation=derived.parts["jvp"],
                args=(*operation.args, *dots),
                result=pack(operation.result, result_dot),
            )
        )

    def _derive(self, operation: Call) -> Derived:
        name, derivation = operation.computation, self.derivation
        callee = derivation.program.computations[name]
        flat = list(slots(operation.args))
        varied = frozenset(i for i, v in enumerate(flat) if isinstance(v, Value) and v in self.dots)
        useful = frozenset(active_positions(list(results(operation)), self.active))
        key = ("forward", name, varied, useful, None)
        if key not in derivation.derived:
            derivation.derived[key] = push_callee(derivation, callee, varied, useful)
        return derivation.derived[key]

    def _push_loop(self, build: Builder, loop: Loop) -> None:
        sources = [
            *loop.sources,
            *(s for source in loop.sources for s in self._push_source(source)),
        ]
        carried = list(loop.carried)
        pushed = [c for c in loop.carried if self.active(c.output) or self.active(c.param)]
        inits = [self.tangent(build, item.init, item.param) for item in pushed]
        params = [self.dot_of(item.param) for item in pushed]
        with build.collecting() as collected:
            collected += self.block(loop.body)
            ends = [self.tangent(build, item.result, item.param) for item in pushed]
            stacks = [stack for stack in loop.stacks if self.active(stack.tape)]
            items = [self.tangent(build, stack.item) for stack in stacks]
        carried += [
            Carried(init, param, end, self.dot_of(item.output))
            for item, init, param, end in zip(pushed, inits, params, ends, strict=True)
        ]
        tapes = [
            Stack(item, self.dot_of(stack.tape)) for stack, item in zip(stacks, items, strict=True)
        ]
        build.emit(
            replace(
                loop,
                sources=tuple(sources),
                carried=tuple(carried),
                stacks=(*loop.stacks, *tapes),
                body=tuple(collected),
            )
        )

    def _push_source(self, source: Source) -> list[Source]:
        if source.kind != "tape":
            return []
        columns = zip(leaves(source.args[0]), leaves(source.target), strict=True)
        return [
            Source("tape", (self.dots[tape],), self.dot_of(target), source.reverse)
            for tape, target in columns
            if tape in self.dots and self.active(target)
        ]

    def _push_branch(self, build: Builder, branch: Branch) -> None:
        chosen = [choice for choice in branch.choices if self.active(choice.output)]
        arms = []
        for block, side in ((branch.then, "then"), (branch.orelse, "orelse")):
            with build.collecting() as collected:
                collected += self.block(block)
                trees = [getattr(choice, side) for choice in chosen]
                dots: list[Tree | None] = [
                    tree if tree in (None, NONE) else self.tangent(build, tree, choice.output)
                    for tree, choice in zip(trees, chosen, strict=True)
                ]
            arms.append((tuple(collected), dots))
        (then, then_dots), (orelse, orelse_dots) = arms
        choices = [
            Choice(first, second, self.dot_of(choice.output))
            for first, second, choice in zip(then_dots, orelse_dots, chosen, strict=True)
        ]
        build.emit(replace(branch, then=then, orelse=orelse, choices=(*branch.choices, *choices)))


def push_callee(
    derivation: Derivation, callee: Computation, varied: Positions, useful: Positions
) -> Derived:
    """``NAME_jvp`` of a called computation: one keyword-only tangent for each active input leaf."""
    active = derivation.activity(callee.name, varied, useful)
    inputs, outputs = inputs_of(callee), outputs_of(callee)
    ins = tuple(i for i in sorted(varied) if active(inputs[i]))
    outs = tuple(i for i in sorted(useful) if active(outputs[i]))
    dots = {inputs[i]: replace(inputs[i], name=f"{inputs[i].name}_dot") for i in ins}
    push = Pushforward(derivation, active, dict(dots))
    block = push.block(callee.block)
    known = {parameter.name for parameter in callee.parameters}
    parameters = [
        Parameter(free_name(dot.name, known), "", dot, keyword_only=True) for dot in dots.values()
    ]
    out_dots = tuple(push.dots[outputs[i]] for i in outs)
    result = pack(callee.result, out_dots[0] if len(out_dots) == 1 else Node("tuple", out_dots))
    name = derivation.fresh_name(f"{callee.name}_jvp")
    derivation.add(
        replace(
            callee,
            name=name,
            parameters=(*callee.parameters, *parameters),
            block=block,
            result=result,
            annotation="",
            docstring=f"The pushforward of `{callee.name}`.",
        )
    )
    return Derived({"jvp": name}, ins, outs)


def free_name(name: str, known: set[str]) -> str:
    """A parameter name that is not taken; the first free number where it is."""
    candidate, number = name, 2
    while candidate in known:
        candidate, number = f"{name}_{number}", number + 1
    known.add(candidate)
    return candidate
