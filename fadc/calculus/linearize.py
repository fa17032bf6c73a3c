"""The primal sweep of reverse mode, which keeps what the transpose needs.

    (%v) = apply clients `f` (%a)       becomes       (%v, %v_pullback) = apply clients vjp[0] `f` (%a)

Linear operations keep nothing; called computations return residuals; with checkpoints, loops run in
segments without keeping pullbacks, and are linearized when the segments run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from fadc.analyses.activity import Positions
from fadc.analyses.client_work import makers_of
from fadc.calculus import table
from fadc.calculus.builtin_functions import rule_of
from fadc.calculus.derivation import Active, Derivation, SweepPair, active_positions
from fadc.calculus.jacobians import send_jacobians
from fadc.calculus.linear import (
    Linear,
    LinearAggregate,
    LinearApply,
    LinearBranch,
    LinearBroadcast,
    LinearCall,
    LinearLoop,
    Step,
)
from fadc.calculus.push_prefix import PushedPrefix
from fadc.calculus.ruled import Ruled, linearized, slots_where
from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Bundle,
    Call,
    Computation,
    Leaf,
    Literal,
    Loop,
    Node,
    Operation,
    Placement,
    Type,
    Value,
    leaves,
    results,
)
from fadc.passes.strip_mine import strip_mine

DeriveCallee = Callable[[Derivation, Computation, Positions, Positions], SweepPair]


@dataclass(frozen=True)
class Linearizing:
    """The context of every step: the values that carry derivatives, and how to derive a callee.

    Varied values depend on the inputs. Unless pullbacks are ``stored``, the clients' functions run
    again. ``originals`` maps copies to the values that they are copies of.
    """

    derivation: Derivation
    is_active: Active
    is_varied: Active
    derive_callee: DeriveCallee
    stored: bool
    prefix: PushedPrefix = field(default_factory=PushedPrefix)
    originals: Mapping[Value, Value] = field(default_factory=dict)

    def original(self, value: Value) -> Value:
        """The value of the program that a value is a copy of."""
        while value in self.originals:
            value = self.originals[value]
        return value

    def active(self, value: Value) -> bool:
        """Whether a value, or the one that it is a copy of, carries derivatives."""
        return self.is_active(self.original(value))

    def varied(self, value: Value) -> bool:
        """Whether a value, or the one that it is a copy of, depends on the inputs."""
        return self.is_varied(self.original(value))

    def is_scattered(self, value: Value) -> bool:
        """Whether the cotangent of a value may be None, see `fadc.analyses.partial`."""
        return self.original(value) in self.derivation.sometimes.scattered

    def bar_type(self, value: Value) -> Type:
        """The type of a cotangent: its primal's, but not an array's where it may be None."""
        if self.is_scattered(value) and isinstance(value.type, Leaf):
            return replace(value.type, array=None)
        return value.type

    def standing_for(self, originals: Mapping[Value, Value]) -> Linearizing:
        """The same context with more copies."""
        return replace(self, originals={**self.originals, **originals})


def linearize(linearizing: Linearizing, block: Block) -> tuple[Block, Linear]:
    """The primal sweep of a block, and its linear part."""
    makers = makers_of(block)
    made: list[Operation] = []
    steps: list[Step] = []
    for operation in block:
        primal, step = _linearize(linearizing, operation, makers)
        made += primal
        steps += [step] if step else []
    home = frozenset(value for operation in block for value in results(operation))
    return tuple(made), Linear(tuple(steps), home)


def _linearize(
    linearizing: Linearizing, operation: Operation, makers: Mapping[Value, Operation]
) -> tuple[Block, Step | None]:
    if operation in linearizing.prefix:
        primal = linearizing.prefix.push(operation)
        step = LinearBroadcast(operation) if isinstance(operation, Broadcast) else None
        return primal, step if _is_active(linearizing, operation) else None
    if not _is_active(linearizing, operation):
        aside = Ruled(linearizing.derivation, linearizing.varied, sure=True)
        return (aside.operation(operation),), None
    match operation:
        case Broadcast():
            return (operation,), LinearBroadcast(operation)
        case Aggregate():
            primal, jacobians = send_jacobians(
                linearizing.derivation.plan, linearizing.active, operation, makers
            )
            return primal, LinearAggregate(operation, jacobians)
        case Apply():
            return _linearize_apply(linearizing, operation)
        case Call():
            return _linearize_call(linearizing, operation)
        case Loop():
            return _linearize_loop(linearizing, operation)
        case Branch():
            return _linearize_branch(linearizing, operation)


def _is_active(linearizing: Linearizing, operation: Operation) -> bool:
    """Whether a result of an operation carries derivatives."""
    return any(linearizing.active(value) for value in results(operation))


def _linearize_apply(linearizing: Linearizing, operation: Apply) -> tuple[Block, LinearApply]:
    derivation = linearizing.derivation
    if not _keeps_pullback(linearizing, operation):
        ruled = Ruled(derivation, linearizing.varied, sure=False)
        return (ruled.operation(operation),), LinearApply(operation)
    made = linearized(derivation, operation, linearizing.active)
    assert isinstance(made.result, Node) and isinstance(made.result.children[1], Value)
    return (made,), LinearApply(operation, made.result.children[1])


def _keeps_pullback(linearizing: Linearizing, operation: Apply) -> bool:
    rule = rule_of(operation)
    if rule is not None and rule.transpose is not None:
        return False
    return linearizing.stored or operation.placement is not Placement.CLIENTS


def _linearize_call(linearizing: Linearizing, operation: Call) -> tuple[Block, LinearCall]:
    pair = _sweeps_of(linearizing, operation)
    handed = linearizing.derivation.computations[pair.forward].result
    assert isinstance(handed, Node) and isinstance(handed.children[1], Node)
    bundle = Bundle(handed.children[1])
    residuals = Value("residuals", bundle, operation.span, derived=True)
    made = table.linearize_call(operation, pair.forward, residuals)
    # A list of empty tuples would lose its length in emitted code: empty residuals are written out.
    nothing = next(leaves(bundle.tree), None) is None
    return (made,), LinearCall(operation, pair, Literal("()") if nothing else residuals)


def _sweeps_of(linearizing: Linearizing, operation: Call) -> SweepPair:
    """The sweeps of a called computation, derived once for all calls that need the same ones."""
    name, derivation = operation.computation, linearizing.derivation
    varied = frozenset(slots_where(linearizing.active, operation))
    useful = frozenset(active_positions(list(results(operation)), linearizing.active))
    callee = derivation.program.computations[name]
    with derivation.inherited_from(callee):
        key = (name, varied, useful, derivation.mechanism)
        if key not in derivation.pairs:
            derivation.pairs[key] = linearizing.derive_callee(derivation, callee, varied, useful)
    return derivation.pairs[key]


def _linearize_loop(linearizing: Linearizing, operation: Loop) -> tuple[Block, LinearLoop]:
    derivation = linearizing.derivation
    mined = strip_mine(operation, derivation.options.checkpoint, derivation.diagnostics)
    if mined is None:
        block, linear = linearize(linearizing, operation.body)
        mark = derivation.new_mark()
        return (replace(operation, body=block, mark=mark),), LinearLoop(operation, linear, mark)
    nest, originals = mined
    inside = linearizing.standing_for(originals)
    body = Ruled(derivation, inside.varied, sure=False).block(nest.body)
    mark = derivation.new_mark()
    return (replace(nest, body=body, mark=mark),), LinearLoop(nest, None, mark, originals)


def _linearize_branch(linearizing: Linearizing, operation: Branch) -> tuple[Block, LinearBranch]:
    then, linear_then = linearize(linearizing, operation.then)
    orelse, linear_orelse = linearize(linearizing, operation.orelse)
    mark = linearizing.derivation.new_mark()
    made = replace(operation, then=then, orelse=orelse, mark=mark)
    return (made,), LinearBranch(operation, linear_then, linear_orelse, mark)
