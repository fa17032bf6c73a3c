"""Work with custom derivatives that a derivative runs without differentiating it.

When JAX differentiates, it computes the value of a ``jax.custom_vjp`` or ``jax.custom_jvp``
function by its rule, wherever the function depends on an input. Emitted derivatives do the same
explicitly: otherwise a second derivative would apply the rule again where the first one has already
differentiated it.

    q = quantize(v)          becomes          q, _ = jax.vjp(quantize, v)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fadc.analyses.calls import with_callees
from fadc.calculus import table
from fadc.calculus.derivation import Active, Derivation
from fadc.ir import (
    Apply,
    Block,
    Branch,
    Call,
    Leaf,
    Loop,
    Operation,
    Value,
    all_leaves,
    results,
    slots,
    walk,
)


@dataclass(frozen=True)
class Ruled:
    """Finds work with custom derivatives that depends on the inputs: it reads ``varied`` values.

    With ``sure``, only work counts that certainly has such a rule.
    """

    derivation: Derivation
    varied: Active
    sure: bool

    def block(self, block: Block) -> Block:
        """A block whose work with custom derivatives runs by their rules."""
        return tuple(self.operation(operation) for operation in block)

    def operation(self, operation: Operation) -> Operation:
        """The same for one operation."""
        match operation:
            case Apply() if self._is_ruled(operation):
                return linearized(self.derivation, operation, self.varied)
            case Call() if self._is_ruled(operation):
                return self._call(operation)
            case Loop(body=body):
                return replace(operation, body=self.block(body))
            case Branch(then=then, orelse=orelse):
                return replace(operation, then=self.block(then), orelse=self.block(orelse))
        return operation

    def _is_ruled(self, operation: Apply | Call) -> bool:
        if not any(self.varied(value) for value in all_leaves(operation.args)):
            return False
        rule, program = self.derivation.has_rule, self.derivation.program
        if isinstance(operation, Apply):
            return rule(operation, self.sure)
        every = (op for c in with_callees(program, operation.computation) for op in walk(c.block))
        return any(isinstance(op, Apply) and rule(op, self.sure) for op in every)

    def _call(self, operation: Call) -> Call:
        """The call, of a copy of the callee whose work runs by the rules."""
        derivation = self.derivation
        callee = derivation.program.computations[operation.computation]
        varied = frozenset(slots_where(self.varied, operation))
        key = (callee.name, varied, self.sure)
        if key not in derivation.ruled:
            name = derivation.ruled[key] = derivation.fresh_name(f"{callee.name}_primal")
            inside = replace(self, varied=derivation.varied(callee.name, varied))
            block = inside.block(callee.block)
            said = f"`{callee.name}`, by the rules of its local functions."
            made = replace(callee, name=name, block=block, docstring=said)
            derivation.finish(made)
        return replace(operation, computation=derivation.ruled[key])


def linearized(derivation: Derivation, operation: Apply, wanted: Active) -> Apply:
    """An operation that also returns its pullback to the wanted arguments."""
    first = next((v for v in results(operation) if wanted(v)), next(results(operation)))
    where, name = operation.placement, f"{first.name}_pullback"
    pullback = Value(name, Leaf(where), operation.span, derived=True)
    ruled = derivation.has_rule(operation, False)
    return table.linearize_apply(operation, slots_where(wanted, operation), ruled, pullback)


def slots_where(wanted: Active, operation: Apply | Call) -> tuple[int, ...]:
    """The positions of the wanted arguments."""
    flat = list(slots(operation.args))
    return tuple(i for i, v in enumerate(flat) if isinstance(v, Value) and wanted(v))
