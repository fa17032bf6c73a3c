"""The steps of one transform: from a program and a request to derived computations."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fadc.analyses.calls import with_callees
from fadc.analyses.mechanisms import transpose_mechanism
from fadc.analyses.widths import floats_of
from fadc.calculus.derivation import Derivation, MixedPlan, Storage
from fadc.calculus.derive_jvp import derive_jvp
from fadc.calculus.derive_vjp import derive_value_and_grad, derive_vjp
from fadc.calculus.selection import Selection, is_discrete, positions, select_inputs, select_result
from fadc.derive.planning import make_plan
from fadc.derive.request import Request
from fadc.diagnostics import Diagnostic, has_errors, make
from fadc.ir import Broadcast, Call, Computation, Derivatives, Program, all_leaves, walk
from fadc.ir.text import computation_text
from fadc.lint.library import REVERSE_ONLY
from fadc.lint.local_functions import find_figures
from fadc.lint.own_rules import PULLBACKS, OwnRules
from fadc.passes.rebroadcast import stateless
from fadc.syntax.computations import Reading
from fadc.syntax.modules.module import Module, global_names


@dataclass
class Differentiated:
    """The derived computations, the plan, and the diagnostics."""

    computation: Computation
    derivatives: Derivatives
    taken: set[str]
    public: tuple[str, ...] = ()
    wrt: tuple[str, ...] = ()
    plan: MixedPlan = field(default_factory=MixedPlan)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    dumps: str = ""


def differentiate(reading: Reading, computation: Computation, request: Request) -> Differentiated:
    """Derive the computations that a request asks for."""
    assert reading.module is not None
    program = reading.program
    taken = global_names(reading.module) | set(program.computations)
    options = Storage(request.residuals, request.checkpoint)
    rules = OwnRules(reading.modules, reading.load)
    derivation = Derivation.of(program, options, taken, rules.has_rule)
    if request.mode != "forward" and request.residuals == "rebroadcast":
        reported = derivation.diagnostics
        again = {name: stateless(c, reported) for name, c in program.computations.items()}
        derivation = Derivation.of(Program(again), options, taken, rules.has_rule)
        derivation.diagnostics = reported
        computation = again[computation.name]
    derivation.root, derivation.mechanism = computation, transpose_mechanism(program, computation)
    if request.mode != "reverse":
        derivation.figures = find_figures(reading)
    selection = select_result(computation, request.result)
    wrt = select_inputs(computation, request.wrt)
    if request.mode == "mixed":
        reached = rules.anywhere(program)
        has_tangents, has_pullbacks = not reached & REVERSE_ONLY, bool(reached & PULLBACKS)
        sized = replace(request, dtype=floats_of(program, request.dtype))
        plan = make_plan(
            derivation, computation, wrt, selection, sized, has_tangents, has_pullbacks
        )
        derivation.plan = plan
    dumps = _Dumps(request.dump_after)
    dumps.show("read", computation)
    found = Differentiated(computation, Derivatives(program, {}), taken)
    found.plan = derivation.plan
    found.wrt = tuple(parameter.name for parameter in wrt)
    found.diagnostics = _check_request(derivation, computation, request, selection)
    if not has_errors(found.diagnostics):
        _derive(derivation, found, request, selection, dumps, reading.module)
    _remember_mechanism(derivation, found.public)
    found.diagnostics += derivation.diagnostics
    found.diagnostics = list(dict.fromkeys(found.diagnostics))
    found.derivatives = Derivatives(program, _reachable(derivation.computations, found.public))
    found.dumps = "".join(dumps.texts)
    return found


def _check_request(
    derivation: Derivation, computation: Computation, request: Request, selection: Selection
) -> list[Diagnostic]:
    """Report inputs and results without derivatives, and inputs that do not affect the result."""
    found: list[Diagnostic] = []
    wrt = select_inputs(computation, request.wrt)
    discrete = [parameter for parameter in wrt if is_discrete(parameter.tree)]
    for parameter in discrete:
        span = next(iter(all_leaves((parameter.tree,)))).span
        found.append(make("FAD401", span, name=parameter.name))
    if is_discrete(selection.tree) or not wrt:
        found.append(make("FAD403", computation.span, name=computation.name))
    if found:
        return found
    for parameter in wrt:
        inputs = positions(computation, (parameter,))
        active = derivation.activity(computation.name, inputs, selection.outputs)
        values = list(all_leaves((parameter.tree,)))
        if not any(active(value) for value in values):
            found.append(make("FAD402", values[0].span, name=parameter.name))
    return found


def _derive(
    derivation: Derivation,
    found: Differentiated,
    request: Request,
    selection: Selection,
    dumps: _Dumps,
    module: Module | None,
) -> None:
    computation = found.computation
    wrt = select_inputs(computation, request.wrt)
    if request.mode == "forward":
        name = _public(derivation, found, module, f"{computation.name}_jvp")
        made = derive_jvp(derivation, computation, wrt, selection, name)
        derivation.finish(made, dumps.show)
        found.public = (name,)
        return
    name = _public(derivation, found, module, f"{computation.name}_vjp")
    made = derive_vjp(derivation, computation, wrt, selection, name)
    derivation.finish(made, dumps.show)
    found.public = (name,)
    if selection.is_scalar:
        name = _public(derivation, found, module, f"{computation.name}_value_and_grad")
        made = derive_value_and_grad(derivation, computation, wrt, selection, name)
        derivation.finish(made, dumps.show)
        found.public = (*found.public, name)


def _public(derivation: Derivation, found: Differentiated, module: Module | None, name: str) -> str:
    """The public name of a derivative; an error if it exists already."""
    if name in derivation.taken:
        span = module.definition(name) if module else None
        found.diagnostics.append(make("FAD406", span or found.computation.span, name=name))
    derivation.taken.add(name)
    return name


def _remember_mechanism(derivation: Derivation, public: tuple[str, ...]) -> None:
    """Declare the transpose mechanism in a derivative whose own uploads do not imply it.

    A derivative may drop an upload that only the primal result needs. Its broadcasts must still be
    transposed through the program's mechanism when it is differentiated again.
    """
    if derivation.mechanism is None:
        return
    everything = Program({**derivation.program.computations, **derivation.computations})
    for name in public:
        made = derivation.computations[name]
        reached = (op for each in with_callees(everything, name) for op in walk(each.block))
        sends = any(isinstance(operation, Broadcast) for operation in reached)
        if sends and transpose_mechanism(everything, made) != derivation.mechanism:
            derivation.computations[name] = replace(made, transpose=derivation.mechanism)


def _reachable(
    computations: dict[str, Computation], public: tuple[str, ...]
) -> dict[str, Computation]:
    """The derived computations that are public or called, public ones last."""
    wanted = list(public)
    seen: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name in seen or name not in computations:
            continue
        seen.add(name)
        wanted += [op.computation for op in walk(computations[name].block) if isinstance(op, Call)]
    return {name: c for name, c in computations.items() if name in seen}


@dataclass
class _Dumps:
    """Collects the IR after one pass."""

    wanted: str | None
    texts: list[str] = field(default_factory=list)

    def show(self, name: str, computation: Computation) -> None:
        if name == self.wanted:
            self.texts.append(computation_text(replace(computation)) + "\n")
