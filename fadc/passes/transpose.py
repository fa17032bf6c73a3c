"""Reverse mode: a primal sweep that keeps its pullbacks, then the transpose of its linear part.

Both sweeps are built over the same values: the reverse sweep reads what it needs of the primal one
wherever that was made, also inside loops and branches. ``residuals`` turns these readings into
tapes afterwards, when it is known what is really needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

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
    Leaf,
    Loop,
    Operation,
    Source,
    Stack,
    Sweep,
    Tree,
    Value,
    all_leaves,
    bound_inside,
    defined,
    leaves,
    rebuild,
    results,
    used,
    yielded,
)
from fadc.ir.builder import Builder
from fadc.passes.copy import copy_block
from fadc.passes.cotangents import Cotangents, Term
from fadc.passes.linearize import STRUCTURAL
from fadc.passes.transpose_straight import StraightTransposition, bar_type


class Transposition(StraightTransposition):
    """The two sweeps of one computation."""

    def backward(self, block: Block, cotangents: Cotangents) -> Block:
        """The transposes of a block's operations, last one first."""
        collected: list[Operation] = []
        home = frozenset(value for operation in block for value in results(operation))
        for operation in reversed(block):
            done = operation in self.prefix and not isinstance(operation, Broadcast)
            if self._is_active(operation) and not done:
                build = Builder(operation.span, Sweep.REVERSE, collected)
                self._backward(build, operation, cotangents, home)
        return tuple(collected)

    def _backward(
        self,
        build: Builder,
        operation: Operation,
        cotangents: Cotangents,
        home: frozenset[Value],
    ) -> None:
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
                self._backward_branch(build, operation, cotangents, home)

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
        sums = [build.value(f"{value.name}_bar", self._bar_type(value)) for value in free]
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
        turns = tuple(sources) or (backwards(loop),)
        build.emit(Loop(turns, tuple(round_), stacks, tuple(body), build.span, build.sweep, mark))

    def _start(self, build: Builder, cotangents: Cotangents, value: Value) -> Tree:
        """The cotangent of a value behind a loop: of one that may not be bound there, the zero is None."""
        found = cotangents.total(build, value)
        if found is None and self._is_scattered(value):
            return NONE
        return cotangents.zero(build, value) if found is None else found

    def _is_scattered(self, value: Value) -> bool:
        """Whether the cotangent of a value may be None, see `fadc.analyses.partial`."""
        return self.copied(value) in self.derivation.sometimes.scattered

    def _bar_type(self, value: Value) -> Leaf:
        """The type of a cotangent: that of its primal, but that one that may be None is no array."""
        type_ = bar_type(value)
        if self._is_scattered(value) and isinstance(type_, Leaf):
            return replace(type_, array=None)
        return type_

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
        bar = build.value(f"{item.name}_bar", bar_type(item))
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

    def _backward_branch(
        self, build: Builder, branch: Branch, cotangents: Cotangents, home: frozenset[Value]
    ) -> None:
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
            with build.collecting() as body:
                for choice, bar in zip(chosen, bars, strict=True):
                    self._into_arm(build, choice.output, getattr(choice, side), bar, inner)
                body += self.backward(block, inner)
                found = {value: inner.total(build, value) for value in free}
            cotangents.absorb(inner)
            arms.append((tuple(body), found))
        self._merge_arms(build, branch, cotangents, home, arms)

    def _into_arm(
        self, build: Builder, output: Value, arm: Tree | None, bar: Value | None, inner: Cotangents
    ) -> None:
        """Give the cotangent of a chosen value to the value of one arm."""
        if bar is None or not isinstance(arm, Value) or not self.active(arm):
            return
        if self._is_scattered(output) and not self._is_scattered(arm):
            bar = build.cast_like(bar, arm)
        inner.give(arm, Term(bar))

    def _merge_arms(
        self,
        build: Builder,
        branch: Branch,
        cotangents: Cotangents,
        home: frozenset[Value],
        arms: list[tuple[Block, dict[Value, Value | None]]],
    ) -> None:
        """The branch over the transposes of its arms, and the cotangents that it chooses."""
        (then, then_bars), (orelse, orelse_bars) = arms
        choices: list[Choice] = []
        for value in then_bars:
            first: Tree | None = then_bars[value]
            second: Tree | None = orelse_bars[value]
            if first is None and second is None:
                continue
            if first is None:
                first, extra = self._nothing(build, value, home)
                then += extra
            if second is None:
                second, extra = self._nothing(build, value, home)
                orelse += extra
            if first is second and isinstance(first, Value):
                cotangents.give(value, Term(first))
                continue
            output = build.value(f"{value.name}_bar", self._bar_type(value))
            choices.append(Choice(first, second, output))
            cotangents.give(value, Term(output))
        mark = getattr(self.marked[branch], "mark", 0)
        build.emit(
            Branch(branch.condition, then, orelse, tuple(choices), build.span, build.sweep, mark)
        )

    def _nothing(
        self, build: Builder, value: Value, home: frozenset[Value]
    ) -> tuple[Tree | None, Block]:
        """The cotangent of a value in an arm that adds nothing to it, and what makes it.

        A value that is not bound there, or that is None, has none.
        """
        sometimes, source = self.derivation.sometimes, self.copied(value)
        if source in sometimes.scattered or source in sometimes.optional and value in home:
            return NONE, ()
        if source in sometimes.partial and value in home:
            return None, ()
        with build.collecting() as made:
            zero = build.zeros_like(value, f"{value.name}_bar")
        return zero, tuple(made)


def backwards(loop: Loop) -> Source:
    """The iterations of a loop from the last to the first, for a body that reads nothing of them."""
    ranges = [source for source in loop.sources if source.kind == "range"]
    source = (ranges or [each for each in loop.sources if each.kind == "tape"])[0]
    first = next(leaves(source.target))
    args = source.args if ranges else (next(all_leaves(source.args)),)
    return Source(source.kind, args, replace(first, name="_"), reverse=not source.reverse)


def _parameter(build: Builder, value: Value) -> Value:
    return build.value(f"{value.name}_bar", bar_type(value))


def _as_value(tree: Tree) -> Value:
    assert isinstance(tree, Value)
    return tree
