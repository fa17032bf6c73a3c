"""From a request of mixed mode to its plan: the stages of a computation and what becomes of each."""

from __future__ import annotations

from collections.abc import Mapping

from fadc.analyses.activity import inputs_of
from fadc.analyses.arrays import declared_arrays, is_scalar
from fadc.analyses.plan_costs import JACOBIAN, PUSHFORWARD, Assignment
from fadc.analyses.plans import Task, decide, open_question
from fadc.analyses.stages import Section, Stage, find_sections
from fadc.errors import UsageError
from fadc.ir import (
    Array,
    Call,
    Computation,
    Leaf,
    Parameter,
    Placement,
    Program,
    Value,
    all_leaves,
    defined,
    placement,
    results,
    walk,
)
from fadc.passes.derivation import Derivation, Plan
from fadc.passes.selection import Selection, positions
from fadc.request import Request
from fadc.syntax.elementwise import elementwise_operands


def make_plan(
    derivation: Derivation,
    computation: Computation,
    wrt: tuple[Parameter, ...],
    selection: Selection,
    request: Request,
    has_tangents: bool,
) -> Plan:
    """The cheapest plan for the request's prices, sizes and given choices.

    Where local functions may have no tangents (``jax.custom_vjp``), none is pushed forward untold.
    Raises UsageError for a stage that there is not, a choice that it does not have, and the size of a
    symbol that nothing depends on.
    """
    active = derivation.activity(computation.name, positions(computation, wrt), selection.outputs)
    known = _known(derivation.program)
    checkpointed = request.checkpoint is not None
    sections = find_sections(computation.block, active, known, checkpointed)
    calls = [op for op in walk(computation.block) if isinstance(op, Call)]
    differentiated = [op for op in calls if any(map(active, results(op)))]
    seed = _seed(wrt, selection, known)
    given = _given(sections, request)
    _check_sizes(derivation.program, request)
    can_pull = (computation.transpose or derivation.mechanism) is not None
    told = ("all", PUSHFORWARD) in request.accumulate
    if told and seed is None:
        raise UsageError(
            "only the tangent of one scalar at the server is pushed, to a scalar result"
        )
    may_push = told or (has_tangents and not differentiated)
    task = Task(request.prices, request.sizes, given, can_pull, seed if may_push else None, told)
    decisions = decide(sections, task)
    pushed = any(decision.choice == PUSHFORWARD for decision in decisions)
    notes = [
        f"call of `{call.computation}`, line {call.span.start_line}: "
        f"{'pushed forward' if pushed else 'pulled back'}"
        for call in differentiated
    ]
    question = open_question(decisions, sections, task)
    return Plan(sections, decisions, (*notes, *([question] if question else [])), known)


def _known(program: Program) -> dict[Value, Array]:
    found: dict[Value, Array] = {}
    for computation in program.computations.values():
        found.update(declared_arrays(computation, elementwise_operands))
    return found


def _check_sizes(program: Program, request: Request) -> None:
    """Refuse sizes of what the program does not have."""
    dims, names = sized_names(program)
    for name, _ in request.dims:
        if name.strip("|") not in dims | names:
            raise UsageError(
                f"there is no dimension or value `{name}`;"
                f" the dimensions are {', '.join(sorted(dims)) or 'not annotated'}"
            )


def sized_names(program: Program) -> tuple[set[str], set[str]]:
    """What can be given a size: the annotated dimensions, and the values by their names."""
    values = [
        value
        for computation in program.computations.values()
        for value in (*inputs_of(computation), *defined(computation.block))
    ]
    types = [value.type for value in values if isinstance(value.type, Leaf)]
    dims = {dim for type_ in types if type_.array for dim in type_.array.dims or ()}
    return dims, {value.name for value in values}


def _seed(
    wrt: tuple[Parameter, ...], selection: Selection, known: Mapping[Value, Array]
) -> Value | None:
    """The one input whose tangent can be pushed forward: a scalar at the server."""
    values = list(all_leaves(parameter.tree for parameter in wrt))
    is_one = len(values) == 1 and placement(values[0].type) is Placement.SERVER
    return values[0] if is_one and is_scalar(values[0], known) and selection.is_scalar else None


def _given(sections: tuple[Section, ...], request: Request) -> Assignment:
    """The choices that the user made."""
    stages = [stage for section in sections for stage in section.stages]
    found: dict[Stage, str] = {}
    for name, choice in request.accumulate:
        if name == "all":
            found.update({stage: choice for stage in stages if stage.is_free})
            continue
        stage = _named(stages, name)
        if not stage.is_active:
            raise UsageError(f"{stage.title} carries no derivative")
        if choice == JACOBIAN and stage.obstacle is not None:
            raise UsageError(f"{stage.title} has to be pulled back: {stage.obstacle}")
        found[stage] = choice
    return found


def _named(stages: list[Stage], name: str) -> Stage:
    """The stage of a number, ``stage 2`` or ``2``, or of an upload's name."""
    label = name.removeprefix("stage").strip().strip("`")
    numbered = [stage for stage in stages if str(stage.number) == label]
    found = numbered or [stage for stage in stages if label in stage.names]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(stage.title for stage in found or stages) or "none"
    problem = "several stages" if found else "no stage"
    raise UsageError(f"there is {problem} `{name}`: {listed}")
