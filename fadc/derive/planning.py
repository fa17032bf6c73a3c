"""From a request for mixed mode to its plan: how each stage of a computation is differentiated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from fadc.analyses.activity import Positions, inputs_of
from fadc.analyses.arrays import Known, declared_arrays, is_seed, stack_of
from fadc.analyses.client_work import Active
from fadc.analyses.scheduling import sizes_of
from fadc.analyses.sized import find_sized, told
from fadc.calculus.derivation import Derivation, MixedPlan, active_positions
from fadc.calculus.selection import Selection, positions
from fadc.derive.overrides import Overrides
from fadc.derive.request import Request
from fadc.errors import UsageError
from fadc.ir import (
    Array,
    Call,
    Computation,
    Operation,
    Parameter,
    Placement,
    Program,
    Value,
    all_leaves,
    leaves,
    placement,
    results,
    slots,
    walk,
)
from fadc.plan.costs import Task
from fadc.plan.decisions import decide
from fadc.plan.prefixes import Prefix, find_prefixes
from fadc.plan.sections import find_sections
from fadc.plan.stacks import admits_stacks
from fadc.plan.stages import Body, Called, Reach, size_of
from fadc.plan.units import find_units


def make_plan(
    derivation: Derivation,
    computation: Computation,
    wrt: tuple[Parameter, ...],
    selection: Selection,
    request: Request,
    has_tangents: bool,
    has_pullbacks: bool,
) -> MixedPlan:
    """The cheapest plan for the request's prices, sizes and given choices.

    Unless the user asks for it, nothing is pushed through local functions that may have no
    pushforward (``jax.custom_vjp``). Where values may be pullbacks, tangents are pushed along one
    direction only, since the pullbacks of two runs are never equal. Raises UsageError for an
    unknown stage, a choice that a stage does not admit, and the size of a symbol that nothing
    depends on.
    """
    active = derivation.activity(computation.name, positions(computation, wrt), selection.outputs)
    known = _known(derivation.program, computation.name)
    seeds = _seeds(wrt, known)
    directions = directions_of(derivation, computation, seeds, selection, known)
    sections = find_sections(
        (computation.block, active, directions),
        known,
        lambda call, body: _called(derivation, call, body),
        request.checkpoint is not None,
    )
    _check_sizes(derivation.program, request)
    units = find_units(
        computation.block, sections, active, _obstacle(derivation, computation, wrt, seeds)
    )
    given = Overrides(sections, units, request)
    can_pull = (computation.transpose or derivation.mechanism) is not None
    sizes = told(request.sizes, known.factors)
    task = Task(request.prices, sizes, given.given, can_pull)
    barrier = _barrier(directions, known, derivation.program, has_pullbacks)
    wanted, is_told = leaves(selection.tree), bool(request.accumulate)
    found = find_prefixes(computation.block, units, active, seeds, wanted, barrier, is_told)
    prefixes = given.admitted(found, has_tangents)
    numbers = (p for p in reversed(prefixes) if p.units and not _has_stacks(p, directions, known))
    decided = decide(sections, task, prefixes, next(numbers, None))
    notes = [*_call_notes(computation, active, decided.prefix), decided.question]
    notes = [note for note in notes if note]
    return MixedPlan(sections, decided.decisions, tuple(notes), known, decided.prefix, seeds)


def _call_notes(computation: Computation, active: Active, prefix: Prefix) -> Iterator[str]:
    """Notes on how each call is differentiated."""
    pushed = set(walk(tuple(prefix.operations)))
    for op in walk(computation.block):
        if isinstance(op, Call) and any(map(active, results(op))):
            choice = "pushed forward" if op in pushed else "pulled back"
            yield f"call of `{op.computation}`, line {op.span.start_line}: {choice}"


def _barrier(
    directions: tuple[Reach, ...],
    known: Mapping[Value, Array],
    program: Program,
    has_pullbacks: bool,
) -> Callable[[Operation], str | None]:
    """The reason why tangents cannot be pushed through an operation, if there is one."""

    def barrier(operation: Operation) -> str | None:
        reached = [d for d in directions if any(map(d.active, results(operation)))]
        stacked = any(_is_stack(each, known) for each in reached)
        if stacked and not admits_stacks(operation, program):
            return "a vector's stack of tangents cannot be taken apart, nor begin at the clients"
        if has_pullbacks and (stacked or len(reached) > 1):
            return "where values may be pullbacks, only one number's tangent is pushed"
        return None

    return barrier


def _is_stack(direction: Reach, known: Mapping[Value, Array]) -> bool:
    return direction.seed is not None and stack_of(direction.seed, known) is not None


def _has_stacks(
    prefix: Prefix, directions: tuple[Reach, ...], known: Mapping[Value, Array]
) -> bool:
    """Whether tangents of vectors are pushed."""
    values = [value for operation in prefix.operations for value in results(operation)]
    return any(_is_stack(d, known) and any(map(d.active, values)) for d in directions)


def _called(derivation: Derivation, call: Call, body: Body) -> Called:
    """The block of a called computation, its active values, and what each direction reaches."""
    callee = derivation.program.computations[call.computation]
    flat, found = list(slots(call.args)), list(results(call))

    def inside(active: Active) -> tuple[Positions, Positions]:
        given = (i for i, leaf in enumerate(flat) if isinstance(leaf, Value) and active(leaf))
        return frozenset(given), frozenset(active_positions(found, active))

    _, active, directions = body
    mine, theirs = inside(active), [(inside(d.active), d.count) for d in directions]
    reaches = tuple(Reach(derivation.activity(callee.name, *p), count=n) for p, n in theirs)
    key = callee.name, mine, tuple((p, frozenset(n.terms.items())) for p, n in theirs)
    return key, (callee.block, derivation.activity(callee.name, *mine), reaches)


def _known(program: Program, name: str) -> Known:
    found: dict[Value, Array] = {}
    for computation in program.computations.values():
        found.update(declared_arrays(computation))
    return Known(found, *sizes_of(program.computations, name))


def _check_sizes(program: Program, request: Request) -> None:
    """Refuse sizes of symbols that the program does not have."""
    sized = find_sized(program)
    for name, _ in request.dims:
        if not sized.admits(name):
            raise UsageError(
                f"there is no dimension or value `{name}`;"
                f" the dimensions are {', '.join(sorted(sized.dims)) or 'not annotated'}"
            )


def _seeds(wrt: tuple[Parameter, ...], known: Mapping[Value, Array]) -> tuple[Value, ...]:
    """The inputs whose tangents can be pushed forward: real numbers and vectors at the server."""
    values = all_leaves(parameter.tree for parameter in wrt)
    return tuple(
        value
        for value in values
        if placement(value.type) is Placement.SERVER and is_seed(value, known)
    )


def directions_of(
    derivation: Derivation,
    computation: Computation,
    seeds: tuple[Value, ...],
    selection: Selection,
    known: Mapping[Value, Array],
) -> tuple[Reach, ...]:
    """The values that the tangent of each seed reaches."""
    inputs = inputs_of(computation)

    def direction(seed: Value) -> Reach:
        position = frozenset((inputs.index(seed),))
        active = derivation.activity(computation.name, position, selection.outputs)
        return Reach(active, seed, size_of(stack_of(seed, known) or ()))

    return tuple(map(direction, seeds))


def _obstacle(
    derivation: Derivation,
    computation: Computation,
    wrt: tuple[Parameter, ...],
    seeds: tuple[Value, ...],
) -> Callable[[Value], str | None]:
    """The reason why a value's tangents do not come from the seeds alone, if there is one."""
    inputs = inputs_of(computation)
    others = sorted(i for i in positions(computation, wrt) if inputs[i] not in seeds)
    origins = derivation.dependences[computation.name].origins

    def obstacle(value: Value) -> str | None:
        found = (inputs[i].name for i in others if i in origins.get(value, ()))
        name = next(found, None)
        return (
            None
            if name is None
            else f"it depends on `{name}`, which is no real number or vector at the server"
        )

    return obstacle
