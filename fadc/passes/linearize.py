"""The primal sweep of reverse mode: active local functions keep their pullbacks.

What is linear needs none; called computations hand over residuals; checkpointed loops run plainly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fadc.analyses.activity import is_constant
from fadc.ir import (
    Apply,
    Block,
    Branch,
    Builtin,
    Bundle,
    Call,
    Literal,
    Loop,
    Node,
    Operation,
    Placement,
    Tree,
    Value,
    leaves,
    pack,
    results,
)
from fadc.passes.checkpoint import strip_mine
from fadc.passes.derivation import Derivation, Derived, active_positions
from fadc.passes.push_prefix import PushedPrefix
from fadc.passes.ruled import Ruled, linearized, slots_where

SCALINGS = ("over_clients", "times_clients")
STRUCTURAL = ("add", "cast_like", "pack", "unpack", "reverse_tape", "as_tape", *SCALINGS)
"""Builtins whose transposes are builtins, or nothing at all: they need no pullback."""


class Linearization:
    """The primal sweep of one computation, and what it keeps for the reverse sweep."""

    def __init__(
        self,
        derivation: Derivation,
        active: Callable[[Value], bool],
        varied: Callable[[Value], bool],
        stored: bool,
        prefix: PushedPrefix | None = None,
    ) -> None:
        self.derivation, self.stored, self.prefix = derivation, stored, prefix or PushedPrefix()
        self._varied = varied
        self.ruled = Ruled(derivation, self.varied, sure=False)
        self.aside = Ruled(derivation, self.varied, sure=True)
        self.original: dict[Value, Value] = {}
        self._active = active
        self.pullbacks: dict[Apply, Value] = {}
        self.calls: dict[Call, tuple[Derived, Tree]] = {}
        self.marked: dict[Operation, Operation] = {}
        self.replayed: dict[Operation, Loop] = {}

    def active(self, value: Value) -> bool:
        """Whether a value, or the one that it is a copy of, carries derivatives."""
        return self._active(self.copied(value))

    def varied(self, value: Value) -> bool:
        """Whether a value, or the one that it is a copy of, depends on the inputs."""
        return self._varied(self.copied(value))

    def copied(self, value: Value) -> Value:
        """The value of the program that a value is a copy of."""
        while value in self.original:
            value = self.original[value]
        return value

    def forward(self, block: Block) -> Block:
        """The primal sweep: active local functions keep their pullbacks."""
        return tuple(self._forward(operation) for operation in block)

    def _forward(self, operation: Operation) -> Operation:
        if not self._is_active(operation):
            return self.aside.operation(operation)
        match operation:
            case Apply() if self._keeps_pullback(operation):
                made = linearized(self.derivation, operation, self.active)
                assert isinstance(made.result, Node) and isinstance(made.result.children[1], Value)
                self.pullbacks[operation] = made.result.children[1]
                return made
            case Apply():
                return self.ruled.operation(operation)
            case Call():
                return self._forward_call(operation)
            case Loop():
                return self._forward_loop(operation)
            case Branch(then=then, orelse=orelse):
                first, second = self.forward(then), self.forward(orelse)
                mark = self.derivation.new_mark()
                self.marked[operation] = replace(operation, then=first, orelse=second, mark=mark)
                return self.marked[operation]
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
        return slots_where(self.active, operation)

    def _forward_call(self, operation: Call) -> Call:
        name, derivation = operation.computation, self.derivation
        varied = frozenset(self._active_slots(operation))
        useful = frozenset(active_positions(list(results(operation)), self.active))
        callee = derivation.program.computations[name]
        with derivation.inherited_from(callee):
            key = (name, varied, useful, derivation.mechanism)
            if key not in derivation.derived:
                from fadc.passes.reverse import derive_callee

                derivation.derived[key] = derive_callee(derivation, callee, varied, useful)
        derived = derivation.derived[key]
        handed = derivation.computations[derived.parts["fwd"]].result
        assert isinstance(handed, Node) and isinstance(handed.children[1], Node)
        bundle = Bundle(handed.children[1])
        residuals = Value("residuals", bundle, operation.span, derived=True)
        # A list of empty tuples would not say how long it is: what is empty is written out.
        nothing = next(leaves(bundle.tree), None) is None
        self.calls[operation] = (derived, Literal("()") if nothing else residuals)
        made = pack(operation.result, residuals)
        return replace(operation, computation=derived.parts["fwd"], result=made)

    def _forward_loop(self, operation: Loop) -> Loop:
        mined = strip_mine(self.derivation, operation)
        if mined is not None:
            nest, originals = mined
            self.original.update(originals)
            made = replace(nest, body=self.ruled.block(nest.body), mark=self.derivation.new_mark())
            self.replayed[operation] = nest
        else:
            body = self.forward(operation.body)
            made = replace(operation, body=body, mark=self.derivation.new_mark())
        self.marked[operation] = made
        return made
