"""Reverse mode: a primal sweep that keeps its pullbacks, then the transpose of its linear part.

Both sweeps are built over the same values: the reverse sweep reads what it needs of the primal one
wherever that was made, also inside loops and branches. ``residuals`` turns these readings into
tapes afterwards, when it is known what is really needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from fadc.analyses.activity import is_constant
from fadc.builder import Builder
from fadc.ir import (
    NONE,
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Builtin,
    Bundle,
    Call,
    Carried,
    Choice,
    Leaf,
    Linearized,
    Literal,
    Loop,
    Node,
    Operation,
    Placement,
    Pushforward,
    Recomputed,
    Source,
    Stack,
    Sweep,
    Tape,
    Tree,
    Value,
    all_leaves,
    bound_inside,
    defined,
    leaves,
    pack,
    placement,
    rebuild,
    results,
    slots,
    used,
    yielded,
)
from fadc.passes.checkpoint import strip_mine
from fadc.passes.copy import copy_block
from fadc.passes.cotangents import Cotangents, Term
from fadc.passes.derivation import Derivation, Derived, active_positions
from fadc.rules import RULES

SCALINGS = ("over_clients", "times_clients")
STRUCTURAL = ("add", "pack", "unpack", "reverse_tape", "as_tape", *SCALINGS)
"""Builtins whose transposes are builtins: they need no pullback."""


class Transposition:
    """The two sweeps of one computation."""

    def __init__(
        self, derivation: Derivation, active: Callable[[Value], bool], stored: bool
    ) -> None:
        self.derivation, self.stored = derivation, stored
        self.original: dict[Value, Value] = {}
        self._active = active
        self.pullbacks: dict[Apply, Value] = {}
        self.calls: dict[Call, tuple[Derived, Value]] = {}
        self.marked: dict[Operation, Operation] = {}
        self.replayed: dict[Operation, Loop] = {}

    def active(self, value: Value) -> bool:
        """Whether a value, or the one that it is a copy of, carries derivatives."""
        while value in self.original:
            value = self.original[value]
        return self._active(value)

    # The primal sweep ---------------------------------------------------------------------------

    def forward(self, block: Block) -> Block:
        """The primal sweep: active local functions keep their pullbacks."""
        return tuple(self._forward(operation) for operation in block)

    def _forward(self, operation: Operation) -> Operation:
        if not self._is_active(operation):
            return operation
        match operation:
            case Apply() if self._keeps_pullback(operation):
                return self._linearize(operation)
            case Call():
                return self._forward_call(operation)
            case Loop():
                return self._forward_loop(operation)
            case Branch(then=then, orelse=orelse):
                made = replace(
                    operation,
                    then=self.forward(then),
                    orelse=self.forward(orelse),
                    mark=self.derivation.new_mark(),
                )
                self.marked[operation] = made
                return made
        return operation

    def _is_active(self, operation: Operation) -> bool:
        if isinstance(operation, Apply) and is_constant(operation):
            return False
        inside = isinstance(operation, Loop) and any(
            self.active(c.param) for c in operation.carried
        )
        return inside or any(self.active(value) for value in results(operation))

    def _keeps_pullback(self, operation: Apply) -> bool:
        if isinstance(operation.function, Builtin) and operation.function.name in STRUCTURAL:
            return False
        return self.stored or operation.placement is not Placement.CLIENTS

    def _active_slots(self, operation: Apply | Call) -> tuple[int, ...]:
        flat = list(slots(operation.args))
        return tuple(i for i, v in enumerate(flat) if isinstance(v, Value) and self.active(v))

    def _linearize(self, operation: Apply) -> Apply:
        function = operation.function
        assert not isinstance(function, Pushforward | Linearized | Recomputed)
        first = next(value for value in results(operation) if self.active(value))
        pullback = Value(f"{first.name}_pullback", Leaf(operation.placement), operation.span)
        self.pullbacks[operation] = pullback
        linearized = Linearized(function, self._active_slots(operation))
        return replace(operation, function=linearized, result=pack(operation.result, pullback))

    def _forward_call(self, operation: Call) -> Call:
        name, derivation = operation.computation, self.derivation
        varied = frozenset(self._active_slots(operation))
        useful = frozenset(active_positions(list(results(operation)), self.active))
        key = ("reverse", name, varied, useful)
        if key not in derivation.derived:
            from fadc.passes.reverse import derive_callee

            callee = derivation.program.computations[name]
            derivation.derived[key] = derive_callee(derivation, callee, varied, useful)
        derived = derivation.derived[key]
        handed = derivation.computations[derived.parts["fwd"]].result
        assert isinstance(handed, Node) and isinstance(handed.children[1], Node)
        residuals = Value("residuals", Bundle(handed.children[1]), operation.span)
        self.calls[operation] = (derived, residuals)
        return replace(
            operation,
            computation=derived.parts["fwd"],
            result=pack(operation.result, residuals),
        )

    def _forward_loop(self, operation: Loop) -> Loop:
        mined = strip_mine(self.derivation, operation)
        if mined is not None:
            nest, originals = mined
            self.original.update(originals)
            made = replace(nest, mark=self.derivation.new_mark())
            self.replayed[operation] = nest
        else:
            body = self.forward(operation.body)
            made = replace(operation, body=body, mark=self.derivation.new_mark())
        self.marked[operation] = made
        return made

    # The reverse sweep --------------------------------------------------------------------------

    def backward(self, block: Block, cotangents: Cotangents) -> Block:
        """The transposes of a block's operations, last one first."""
        collected: list[Operation] = []
        for operation in reversed(block):
            if self._is_active(operation):
                build = Builder(operation.span, Sweep.REVERSE, collected)
                self._backward(build, operation, cotangents)
        return tuple(collected)

    def _backward(self, build: Builder, operation: Operation, cotangents: Cotangents) -> None:
        match operation:
            case Broadcast():
                self._backward_broadcast(build, operation, cotangents)
            case Aggregate():
                self._backward_aggregate(build, operation, cotangents)
            case Apply(function=Builtin(name=name)) if name in STRUCTURAL:
                self._backward_structural(build, operation, name, cotangents)
            case Apply():
                self._backward_apply(build, operation, cotangents)
            case Call():
                self._backward_call(build, operation, cotangents)
            case Loop():
                self._backward_loop(build, operation, cotangents)
            case Branch():
                self._backward_branch(build, operation, cotangents)

    def _backward_broadcast(
        self, build: Builder, operation: Broadcast, cotangents: Cotangents
    ) -> None:
        for value, result in zip(operation.values, operation.results, strict=True):
            term = cotangents.take(build, result) if self.active(value) else None
            if term is not None:
                cotangents.upload(value, term, operation.span)

    def _backward_aggregate(
        self, build: Builder, operation: Aggregate, cotangents: Cotangents
    ) -> None:
        for tree, result in zip(operation.values, operation.results, strict=True):
            if not (isinstance(tree, Value) and self.active(tree)):
                continue
            term = cotangents.take(build, result)
            if term is None:
                continue
            if isinstance(term.tree, Literal):
                scaled = operation.aggregator.like == "mean"
                cotangents.give(tree, Term(term.tree, scaled=scaled))
                continue
            rule = RULES[Aggregate].transpose
            bar = rule(build, operation.aggregator, term.tree, f"{tree.name}_bar")
            assert isinstance(bar, Value)
            cotangents.give(tree, Term(bar))

    def _backward_structural(
        self, build: Builder, operation: Apply, name: str, cotangents: Cotangents
    ) -> None:
        args = [value for value in all_leaves(operation.args) if self.active(value)]
        if name == "unpack":
            (whole,) = args
            parts = rebuild(operation.result, lambda v: cotangents.total_or_zero(build, v))
            where = placement(whole.type)
            bar = build.apply(Builtin("pack"), (parts,), f"{whole.name}_bar", where)
            cotangents.give(whole, Term(bar))
            return
        assert isinstance(operation.result, Value)
        term = cotangents.take(build, operation.result)
        if term is None:
            return
        if name == "pack":
            self._unpack_bar(build, operation, term, cotangents)
        elif name == "reverse_tape":
            cotangents.give(args[0], replace(term, flipped=not term.flipped))
        elif name in SCALINGS:
            bar = cotangents.upright(build, term)
            cotangents.unscalable |= term.scaled
            where, type_ = operation.placement, args[0].type
            scaled = build.apply(Builtin(name), (bar,), f"{args[0].name}_bar", where, type_)
            cotangents.give(args[0], Term(scaled))
        elif name == "as_tape":
            cotangents.give(args[0], Term(cotangents.upright(build, term)))
        else:
            for value in args:
                cotangents.give(value, term)

    def _unpack_bar(
        self, build: Builder, operation: Apply, term: Term, cotangents: Cotangents
    ) -> None:
        """The cotangents of the parts of a display."""
        cotangents.unscalable |= term.scaled or isinstance(term.tree, Literal)
        (tree,) = operation.args
        bars = self._take_apart(build, term.tree, tree, operation.placement)
        for value, bar in bars:
            cotangents.give(value, Term(bar))

    def _take_apart(
        self, build: Builder, bar: Tree, tree: Tree, where: Placement
    ) -> list[tuple[Value, Value]]:
        if isinstance(tree, Value):
            assert isinstance(bar, Value)
            return [(tree, bar)] if self.active(tree) else []
        if not isinstance(tree, Node) or not any(self.active(v) for v in leaves(tree)):
            return []
        parts = [
            build.value(_bar_name(child), Leaf(where), anonymous=tree.kind == "dict")
            for child in tree.children
        ]
        if tree.kind == "dict":
            for key, part in zip(tree.keys, parts, strict=True):
                item = Builtin("item", f'["{key}"]')
                build.emit(Apply(item, (bar,), part, where, build.span, build.sweep))
        else:
            result = Node("tuple", tuple(parts))
            build.emit(Apply(Builtin("unpack"), (bar,), result, where, build.span, build.sweep))
        found = zip(tree.children, parts, strict=True)
        return [
            pair for child, part in found for pair in self._take_apart(build, part, child, where)
        ]

    def _backward_apply(self, build: Builder, operation: Apply, cotangents: Cotangents) -> None:
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
        flat = list(slots(operation.args))
        active = self._active_slots(operation)
        inputs = [value for i in active if isinstance(value := flat[i], Value)]
        bars = tuple(build.value(f"{v.name}_bar", _pulled_type(v)) for v in inputs)
        pullback = self.pullbacks.get(operation)
        RULES[Apply].transpose(build, operation, pullback, active, bar, Node("tuple", bars))
        for value, found in zip(inputs, bars, strict=True):
            if isinstance(value.type, Tape):
                tape = build.value(found.name, value.type)
                where = placement(value.type)
                as_tape = Builtin("as_tape")
                build.emit(Apply(as_tape, (found,), tape, where, build.span, build.sweep))
                found = tape
            cotangents.give(value, Term(found, scaled=True in scaled))

    def _backward_call(self, build: Builder, operation: Call, cotangents: Cotangents) -> None:
        outputs = list(results(operation))
        if not any(cotangents.has(value) for value in outputs):
            return
        derived, residuals = self.calls[operation]
        out_bars = [cotangents.total_or_zero(build, outputs[i]) for i in derived.outputs]
        flat = list(slots(operation.args))
        inputs = [value for i in derived.inputs if isinstance(value := flat[i], Value)]
        bars = tuple(build.value(f"{v.name}_bar", _bar_type(v)) for v in inputs)
        result = Node("tuple", bars)
        args = (residuals, *out_bars)
        build.emit(Call(derived.parts["bwd"], args, result, build.span, build.sweep))
        for value, bar in zip(inputs, bars, strict=True):
            cotangents.give(value, Term(bar))

    # Loops --------------------------------------------------------------------------------------

    def _outside(
        self, blocks: Iterable[Block], extra: Iterable[Value], own: set[Value]
    ) -> list[Value]:
        """The active values that blocks read from outside them."""
        inner = set(own)
        seen: dict[Value, None] = {}
        for block in blocks:
            inner |= defined(block)
            seen.update(used(block))
        seen.update(dict.fromkeys(extra))
        return [value for value in seen if value not in inner and self.active(value)]

    def _backward_loop(self, build: Builder, operation: Loop, cotangents: Cotangents) -> None:
        loop = self.replayed.get(operation, operation)
        carried = [c for c in loop.carried if self.active(c.output) or self.active(c.param)]
        tapes = [stack for stack in loop.stacks if self.active(stack.tape)]
        if not any(
            cotangents.has(v) for v in [*(c.output for c in carried), *(s.tape for s in tapes)]
        ):
            return
        free = self._outside((loop.body,), yielded(loop), set(bound_inside(loop)))
        starts = [self._start(build, cotangents, item.output) for item in (*carried,)]
        rests = [self._start(build, cotangents, value) for value in free]
        bars = [_parameter(build, item.param) for item in carried]
        sums = [_parameter(build, value) for value in free]
        inner = cotangents.inside()
        sources: list[Source] = []
        for stack in tapes:
            source = self._backward_stack(build, stack, cotangents, inner)
            sources += [source] if source else []
        with build.collecting() as body:
            primal, change = self._replay(build, loop)
            for item, bar in zip(carried, bars, strict=True):
                inner.give(change(item.result), Term(bar))
            for value, total in zip(free, sums, strict=True):
                inner.give(value, Term(total))
            body += self.backward(primal, inner)
            params = [_as_value(change(item.param)) for item in carried]
            ends = [
                inner.total(build, value) or build.zeros_like(bar, bar.name)
                for value, bar in zip((*params, *free), (*bars, *sums), strict=True)
            ]
            stacks, after = self._backward_sources(build, loop, inner, change)
        cotangents.absorb(inner)
        round_: list[Carried] = []
        for start, bar, end, target in zip(
            (*starts, *rests),
            (*bars, *sums),
            ends,
            (*(c.init for c in carried), *free),
            strict=True,
        ):
            output = replace(bar, type=bar.type)
            round_.append(Carried(start, bar, end, output))
            if isinstance(target, Value) and self.active(target):
                cotangents.give(target, Term(output))
        for tape, term in after:
            cotangents.give(tape, term)
        mark = getattr(self.marked[operation], "mark", 0)
        build.emit(
            Loop(tuple(sources), tuple(round_), stacks, tuple(body), build.span, build.sweep, mark)
        )

    def _start(self, build: Builder, cotangents: Cotangents, value: Value) -> Value:
        return cotangents.total_or_zero(build, value)

    def _replay(self, build: Builder, loop: Loop) -> tuple[Block, Callable[[Tree], Tree]]:
        """The block to transpose: the loop's own body, or a fresh copy of a checkpointed one.

        The copy is run again, with pullbacks, at the start of the reversed iteration.
        """
        if loop not in self.replayed.values():
            return loop.body, lambda tree: tree
        copied, renamed = copy_block(loop.body)
        self.original.update({new: old for old, new in renamed.items()})
        for operation in self.forward(copied):
            build.emit(replace(operation, sweep=Sweep.REVERSE))
        return copied, lambda tree: rebuild(tree, lambda value: renamed.get(value, value))

    def _backward_stack(
        self, build: Builder, stack: Stack, cotangents: Cotangents, inner: Cotangents
    ) -> Source | None:
        """The cotangent of a filled tape is read from its end."""
        term = cotangents.take(build, stack.tape)
        if term is None or not isinstance(term.tree, Value):
            return None
        cotangents.unscalable |= term.scaled
        item = _as_value(stack.item)
        bar = build.value(f"{item.name}_bar", _bar_type(item))
        inner.give(item, Term(bar))
        return Source("tape", (term.tree,), bar, reverse=not term.flipped)

    def _backward_sources(
        self, build: Builder, loop: Loop, inner: Cotangents, change: Callable[[Tree], Tree]
    ) -> tuple[tuple[Stack, ...], list[tuple[Value, Term]]]:
        """The cotangent of a consumed tape is filled from its end."""
        stacks: list[Stack] = []
        after: list[tuple[Value, Term]] = []
        for source in loop.sources:
            if source.kind != "tape":
                continue
            for tape, target in zip(leaves(source.args[0]), leaves(source.target), strict=True):
                if not (self.active(target) and self.active(tape)):
                    continue
                bar = build.value(f"{tape.name}_bar", tape.type)
                item = inner.total_or_zero(build, _as_value(change(target)))
                stacks.append(Stack(item, bar))
                after.append((tape, Term(bar, flipped=not source.reverse)))
        return tuple(stacks), after

    # Branches -----------------------------------------------------------------------------------

    def _backward_branch(self, build: Builder, branch: Branch, cotangents: Cotangents) -> None:
        chosen = [c for c in branch.choices if self.active(c.output) and cotangents.has(c.output)]
        if not chosen:
            return
        bars = [cotangents.total(build, choice.output) for choice in chosen]
        extra = all_leaves(arm for c in chosen for arm in (c.then, c.orelse) if arm is not None)
        free = self._outside((branch.then, branch.orelse), extra, set())
        before = {value: cotangents.total(build, value) for value in free}
        arms: list[tuple[Block, dict[Value, Value | None]]] = []
        for block, side in ((branch.then, "then"), (branch.orelse, "orelse")):
            inner = cotangents.inside()
            for value, bar in before.items():
                if bar is not None:
                    inner.give(value, Term(bar))
            for choice, bar in zip(chosen, bars, strict=True):
                arm = getattr(choice, side)
                if bar is not None and isinstance(arm, Value) and self.active(arm):
                    inner.give(arm, Term(bar))
            with build.collecting() as body:
                body += self.backward(block, inner)
                found = {value: inner.total(build, value) for value in free}
            cotangents.absorb(inner)
            arms.append((tuple(body), found))
        self._merge_arms(build, branch, cotangents, free, arms)

    def _merge_arms(
        self,
        build: Builder,
        branch: Branch,
        cotangents: Cotangents,
        free: list[Value],
        arms: list[tuple[Block, dict[Value, Value | None]]],
    ) -> None:
        (then, then_bars), (orelse, orelse_bars) = arms
        choices: list[Choice] = []
        for value in free:
            pair: list[Value | Literal | None] = [then_bars[value], orelse_bars[value]]
            if pair[0] is None and pair[1] is None:
                continue
            for index, block in enumerate((then, orelse)):
                if pair[index] is None and value in self.derivation.optional:
                    pair[index] = NONE
                if pair[index] is None and value not in self.derivation.partial:
                    with build.collecting() as extra:
                        pair[index] = cotangents.zero(build, value)
                    then, orelse = (
                        ((*block, *extra), orelse) if index == 0 else (then, (*block, *extra))
                    )
            if pair[0] is pair[1] and pair[0] is not None:
                cotangents.give(value, Term(pair[0]))
                continue
            output = build.value(f"{value.name}_bar", _bar_type(value))
            choices.append(Choice(pair[0], pair[1], output))
            cotangents.give(value, Term(output))
        mark = getattr(self.marked[branch], "mark", 0)
        build.emit(
            Branch(branch.condition, then, orelse, tuple(choices), build.span, build.sweep, mark)
        )


def _bar_type(value: Value) -> Leaf:
    return value.type  # type: ignore[return-value]


def _pulled_type(value: Value) -> Leaf:
    """The type of what a pullback gives for a value: a tape comes back as one list."""
    return value.type if isinstance(value.type, Leaf) else Leaf(placement(value.type))


def _bar_name(tree: Tree) -> str:
    return f"{tree.name}_bar" if isinstance(tree, Value) else "part_bar"


def _parameter(build: Builder, value: Value) -> Value:
    return build.value(f"{value.name}_bar", _bar_type(value))


def _as_value(tree: Tree) -> Value:
    assert isinstance(tree, Value)
    return tree
