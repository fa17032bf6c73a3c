"""The steps that the cases are about, by name: each takes a program and gives what becomes of its last computation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace

from fadc.analyses.activity import inputs_of
from fadc.analyses.arrays import Known
from fadc.analyses.levels import late_levels
from fadc.analyses.mechanisms import transpose_mechanism
from fadc.calculus.derivation import Derivation, MixedPlan, Storage
from fadc.calculus.derive_callee import derive_callee
from fadc.calculus.derive_jvp import derive_jvp
from fadc.calculus.derive_vjp import derive_value_and_grad, derive_vjp
from fadc.calculus.linear import (
    Linear,
    LinearAggregate,
    LinearApply,
    LinearBranch,
    LinearCall,
    LinearLoop,
)
from fadc.calculus.linearize import Linearizing, linearize
from fadc.calculus.selection import positions, select_inputs, select_result
from fadc.diagnostics import Diagnostic
from fadc.ir import (
    Aggregator,
    Apply,
    Array,
    Computation,
    Leaf,
    Loop,
    Node,
    Placement,
    Program,
    Sweep,
    Value,
    bound_inside,
    leaves,
    placement,
    results,
    walk,
)
from fadc.ir.text import computation_text, type_text
from fadc.ir.verifier import verify
from fadc.passes.complete_choices import complete_choices
from fadc.passes.copy_block import copy_block
from fadc.passes.finish import finish
from fadc.passes.keep_residuals import keep_residuals
from fadc.passes.merge_messages import merge_messages
from fadc.passes.rebroadcast import rebroadcast
from fadc.passes.separate_columns import separate_columns
from fadc.passes.simplify import simplify
from fadc.passes.strip_mine import strip_mine
from fadc.plan.costs import JACOBIAN


@dataclass(frozen=True)
class Options:
    """What a case says behind its name: `wrt=w,lr resend checkpoint=2`."""

    wrt: tuple[str, ...] | None = None
    result: str | None = None
    details: bool = False
    declared: str = ""
    resend: bool = False
    residuals: str = "store"
    checkpoint: int | None = None
    mechanism: str = ""
    late: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    accumulate: tuple[str, ...] = ()
    push: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()

    @staticmethod
    def read(words: list[str]) -> Options:
        """The options of some words."""
        found: dict[str, object] = {}
        for word in words:
            name, _, value = word.partition("=")
            kind = Options.__annotations__[name]
            if "tuple" in kind:
                found[name] = tuple(value.split(","))
            else:
                found[name] = True if kind == "bool" else int(value) if "int" in kind else value
        return Options(**found)  # type: ignore[arg-type]


def last(program: Program) -> Computation:
    """The computation that a case is about."""
    return list(program.computations.values())[-1]


def shown(
    computations: list[Computation], diagnostics: list[Diagnostic], details: bool = False
) -> str:
    """Computations as text, and what was found on the way."""
    texts = [computation_text(each) for each in computations]
    found = [f"! {each.code} {each.message}" for each in diagnostics]
    return "\n".join([*texts, *found, *(detail_lines(computations) if details else ())])


def detail_lines(computations: list[Computation]) -> Iterator[str]:
    """What the text leaves out: for each operation the line that it comes from, the types of its results.

    And the signature and the docstring of each computation; behind `*` parameters are given by name.
    Values that emitted code writes in place have a `'`, those of the program itself a `!`; operations
    of the reverse sweep stand behind `<-`.
    """
    for computation in computations:
        told = [f"{'*' * each.keyword_only}{each.name}" for each in computation.parameters]
        yield f"# {computation.name}({', '.join(told)}) -> {computation.annotation or '?'}"
        yield f"# {computation.docstring}"
        for operation in walk(computation.block):
            way = "<-" if operation.sweep is Sweep.REVERSE else "->"
            made = [*bound_inside(operation), *results(operation)]
            values = ", ".join(detail(value) for value in made)
            yield f"# line {operation.span.start_line} {way} {values}"


def detail(value: Value) -> str:
    """One value with its type and its flags."""
    flags = "'" * value.anonymous + "!" * (not value.derived)
    symbols = value.type.symbols if isinstance(value.type, Leaf) else None
    size = "" if symbols is None else f" of {' '.join(symbols)}"
    return f"{value}{flags}: {type_text(value.type)}{size}"


# Passes ----------------------------------------------------------------------------------------


def over_block(computation: Computation, block: object, options: Options) -> str:
    """The computation with another block, verified as text."""
    made = replace(computation, block=block)  # type: ignore[arg-type]
    verify(made)
    return shown([made], [], options.details)


def step_simplify(program: Program, options: Options) -> str:
    """`fadc.passes.simplify`."""
    computation = last(program)
    block, (result,) = simplify(computation.block, (computation.result,), options.resend)
    made = replace(computation, block=block, result=result)
    verify(made, linked=True)
    return shown([made], [])


def step_merge_messages(program: Program, options: Options) -> str:
    """`fadc.passes.merge_messages`."""
    computation = with_late(last(program), options)
    block = merge_messages(computation.block, late_levels(computation), options.resend)
    return over_block(computation, block, options)


def step_separate_columns(program: Program, options: Options) -> str:
    """`fadc.passes.separate_columns`."""
    made = separate_columns(last(program))
    return over_block(made, made.block, options)


def step_keep_residuals(program: Program, options: Options) -> str:
    """`fadc.passes.keep_residuals`: nothing reads inside another operation afterwards."""
    return over_block(last(program), keep_residuals(last(program).block), options)


def step_complete_choices(program: Program, options: Options) -> str:
    """`fadc.passes.complete_choices`."""
    made = complete_choices(last(program))
    return over_block(made, made.block, options)


def step_finish(program: Program, options: Options) -> str:
    """All passes, and the names under which they are shown."""
    found: list[Diagnostic] = []
    names: list[str] = []
    computation = with_late(last(program), options)
    made = finish(computation, options.resend, found, lambda name, _: names.append(name))
    return f"{shown([made], found, options.details)}\n# after {', '.join(names)}"


def step_copy_block(program: Program, options: Options) -> str:
    """`fadc.passes.copy_block`: the copy stands behind the block."""
    computation = last(program)
    copied, renamed = copy_block(computation.block)
    assert {v for op in walk(copied) for v in results(op)} <= set(renamed.values())
    return over_block(computation, (*computation.block, *copied), options)


def step_rebroadcast(program: Program, options: Options) -> str:
    """`fadc.passes.rebroadcast`."""
    computation = with_late(last(program), options)
    inputs = {v for v in inputs_of(computation) if placement(v.type) is Placement.CLIENTS}
    found: list[Diagnostic] = []
    block = rebroadcast(computation.block, inputs, late_levels(computation), found)
    verify(replace(computation, block=block), linked=True)
    return shown([replace(computation, block=block)], found, options.details)


def step_strip_mine(program: Program, options: Options) -> str:
    """`fadc.passes.strip_mine` of each loop, and what the new values stand for."""
    computation, found, lines = last(program), [], []
    block = list(computation.block)
    for index, operation in enumerate(block):
        if not isinstance(operation, Loop):
            continue
        mined = strip_mine(operation, options.checkpoint, found)
        if mined is not None:
            block[index], originals = mined
            lines += [f"# a copy stands for {old}" for old in originals.values()]
    verify(replace(computation, block=tuple(block)))
    made = replace(computation, block=tuple(block))
    return "\n".join([shown([made], found, options.details), *lines])


def with_late(computation: Computation, options: Options) -> Computation:
    """The computation with inputs that are known only when its primal sweep is over."""
    late = tuple(value for value in inputs_of(computation) if value.name in options.late)
    return replace(computation, late=late)


# The calculus ----------------------------------------------------------------------------------


def has_rule(operation: Apply, sure: bool) -> bool:
    """Whether a local function has derivatives of its own: `ruled` ones for sure, `perhaps` ones perhaps."""
    source = getattr(operation.function, "source", "")
    return "ruled" in source or (not sure and "perhaps" in source)


def derivation_of(program: Program, options: Options) -> Derivation:
    """The derivation of the last computation."""
    computation = last(program)
    storage = Storage(options.residuals, options.checkpoint)
    found = Derivation.of(program, storage, set(program.computations), has_rule)
    found.root, found.mechanism = computation, transpose_mechanism(program, computation)
    if options.mechanism:
        name, _, like = options.mechanism.partition(":")
        found.mechanism = Aggregator(like or "sum", None if name == "sum" else name)
    values = [v for each in program.computations.values() for v in values_of(each)]
    found.figures = frozenset(v for v in values if v.name in options.figures)
    found.plan = plan_of(computation, options)
    return found


def values_of(computation: Computation) -> list[Value]:
    """All values of a computation."""
    made = [value for operation in walk(computation.block) for value in results(operation)]
    return [*inputs_of(computation), *made]


def plan_of(computation: Computation, options: Options) -> MixedPlan:
    """The plan of mixed mode that a case gives: what is accumulated, and what is pushed forward."""
    values = values_of(computation)
    chosen = tuple(v for v in values if v.name in options.accumulate)
    decision = SimpleNamespace(stage=SimpleNamespace(results=chosen), choice=JACOBIAN)
    pushed = [op for op in computation.block if any(v.name in options.push for v in results(op))]
    return MixedPlan(
        decisions=(decision,) if chosen else (),  # type: ignore[arg-type]
        known=Known({}, {}, {}),
        prefix=SimpleNamespace(operations=frozenset(pushed)),  # type: ignore[arg-type]
        seeds=tuple(v for v in values if v.name in options.seeds),
    )


def derived(
    program: Program, options: Options, derive: Callable[..., Computation], suffix: str
) -> str:
    """What is derived of the last computation, before any pass, behind what is derived of called ones."""
    derivation, computation = derivation_of(program, options), last(program)
    if isinstance(computation.result, Node) and options.result is not None:
        parts = ", ".join("fed.Server" for _ in computation.result.children)
        computation = replace(computation, annotation=f"tuple[{parts}]")
    if options.declared:
        arrays = (Array(True, tuple(options.declared)),) * len(list(leaves(computation.result)))
        computation = replace(computation, declared=arrays)
    wrt = select_inputs(computation, options.wrt)
    selection = select_result(computation, options.result)
    made = derive(derivation, computation, wrt, selection, f"{computation.name}_{suffix}")
    verify(made, linked=True)
    made_by = [*derivation.computations.values(), made]
    return shown(made_by, derivation.diagnostics, options.details)


def step_push_forward(program: Program, options: Options) -> str:
    """Forward mode."""
    return derived(program, options, derive_jvp, "jvp")


def step_transpose(program: Program, options: Options) -> str:
    """Reverse mode: both sweeps."""
    return derived(program, options, derive_vjp, "vjp")


def step_gradient(program: Program, options: Options) -> str:
    """Reverse mode of a scalar, whose cotangent is 1."""
    return derived(program, options, derive_value_and_grad, "value_and_grad")


def step_linearize(program: Program, options: Options) -> str:
    """The primal sweep, and the linear part that is left for the reverse sweep."""
    computation, derivation = last(program), derivation_of(program, options)
    inputs = positions(computation, select_inputs(computation, options.wrt))
    outputs = select_result(computation, options.result).outputs
    active = derivation.activity(computation.name, inputs, outputs)
    varied = derivation.varied(computation.name, inputs)
    context = Linearizing(derivation, active, varied, derive_callee, derivation.stores)
    block, linear = linearize(context, computation.block)
    made = replace(computation, block=block)
    found = shown([*derivation.computations.values(), made], derivation.diagnostics)
    return "\n".join([found, *linear_lines(linear)])


def linear_lines(linear: Linear, pad: str = "") -> list[str]:
    """A line for each step: what it transposes, and by what."""
    lines: list[str] = []
    for step in linear.steps:
        found = ", ".join(map(repr, results(step.operation)))
        kind = type(step).__name__.removeprefix("Linear").lower()
        line = f"{pad}# {kind} {found}"
        match step:
            case LinearApply(pullback=Value() as pullback):
                lines.append(f"{line} by {pullback}")
            case LinearCall():
                lines.append(f"{line} by {step.pair.backward} of {step.residuals}")
            case LinearAggregate() if step.jacobians:
                lines.append(f"{line} by its Jacobians")
            case LinearLoop(body=None):
                lines.append(f"{line}, whose body runs again, mark {step.mark}")
            case LinearLoop(body=Linear() as body):
                lines += [f"{line}, mark {step.mark}", *linear_lines(body, pad + "  ")]
            case LinearBranch():
                lines += [f"{line}, mark {step.mark}", *linear_lines(step.then, pad + "  ")]
                lines += [f"{pad}# else", *linear_lines(step.orelse, pad + "  ")]
            case _:
                lines.append(line)
    return lines


STEPS: dict[str, Callable[[Program, Options], str]] = {
    name.removeprefix("step_"): step
    for name, step in list(globals().items())
    if name.startswith("step_")
}
