"""The transposes of messages, local functions and calls."""

from __future__ import annotations

from dataclasses import replace

from fadc.analyses.activity import differentiated_args
from fadc.ir import (
    NONE,
    Aggregate,
    Apply,
    Broadcast,
    Builtin,
    Call,
    Leaf,
    Literal,
    Node,
    Placement,
    Tree,
    Value,
    all_leaves,
    leaves,
    placement,
    quoted,
    rebuild,
    results,
    slots,
)
from fadc.ir.builder import Builder
from fadc.passes.accumulate import Accumulation
from fadc.passes.cotangents import Cotangents, Term
from fadc.passes.linearize import SCALINGS
from fadc.rules import RULES


class StraightTransposition(Accumulation):
    """Transposes operations without blocks inside them."""

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
            if result in self.jacobians:
                self._contract(build, self.jacobians[result], term, cotangents)
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
        args = [v for v in all_leaves(differentiated_args(operation)) if self.active(v)]
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
                item = Builtin("item", f"[{quoted(key)}]")
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
            cotangents.give(value, Term(found, scaled=True in scaled))

    def _backward_call(self, build: Builder, operation: Call, cotangents: Cotangents) -> None:
        outputs = list(results(operation))
        if not any(cotangents.has(value) for value in outputs):
            return
        derived, residuals = self.calls[operation]
        out_bars = [cotangents.total_or_zero(build, outputs[i]) for i in derived.outputs]
        flat = list(slots(operation.args))
        inputs = [value for i in derived.inputs if isinstance(value := flat[i], Value)]
        bars = tuple(build.value(f"{v.name}_bar", bar_type(v)) for v in inputs)
        result = Node("tuple", bars)
        args = (residuals, *out_bars)
        build.emit(Call(derived.parts["bwd"], args, result, build.span, build.sweep))
        for value, bar in zip(inputs, bars, strict=True):
            cotangents.give(value, Term(bar))


def bar_type(value: Value) -> Leaf:
    return value.type  # type: ignore[return-value]


def _pulled_type(value: Value) -> Leaf:
    """The type of what a pullback gives for a value: a tape comes back as one list."""
    return value.type if isinstance(value.type, Leaf) else Leaf(placement(value.type))


def _bar_name(tree: Tree) -> str:
    return f"{tree.name}_bar" if isinstance(tree, Value) else "part_bar"
