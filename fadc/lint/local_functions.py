"""Reads the functions that a program runs at the clients and in its server expressions.

The rules from FAD407 on, and FAD303 and FAD304, are checked here. Facts are followed from the
inputs of a computation through its messages and its local functions to its result, by abstract
interpretation (Cousot & Cousot, POPL 1977): nothing is run, and only what is certain is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fadc.analyses.once import once
from fadc.calculus.selection import select_inputs, select_result
from fadc.diagnostics import Diagnostic
from fadc.diagnostics.suppression import standing
from fadc.ir import Computation, Operation, Value
from fadc.lint.facts import Fact, Pending, leaves
from fadc.lint.frame import Session
from fadc.lint.interpreter import INTERPRETER
from fadc.lint.placed_facts import parameter_facts
from fadc.lint.programs import Programs
from fadc.syntax.computations import Reading


def read_local_functions(reading: Reading, mode: str | None) -> list[Diagnostic]:
    """The diagnostics of the local functions that the computations of a program reach."""
    programs = Programs(reading, Session(INTERPRETER, mode, pushing=mode == "forward"))
    for computation in reading.everything.computations.values():
        _read(programs, computation, None, None)
    told = standing(reading.diagnostics, reading.texts)
    return [each for each in programs.found() if not _is_told(each, told)]


@once
def find_figures(reading: Reading) -> frozenset[Value]:
    """The server values that seem to be means of integers, at least in part.

    JAX expects their tangents as float zeros, while the tangents of the integers are float0.
    """
    programs = Programs(reading, Session(INTERPRETER))
    for computation in reading.program.computations.values():
        programs.read(computation, parameter_facts(computation, _names(computation)))
    return frozenset(programs.figures)


def _names(computation: Computation) -> frozenset[str]:
    return frozenset(parameter.name for parameter in computation.parameters)


def _is_told(finding: Diagnostic, errors: Sequence[Diagnostic]) -> bool:
    """Whether another error reports the same: about a condition, or about a hidden message."""
    if finding.code == "FAD411":
        return any(error.code == "FAD216" for error in errors)
    conditions = (error.span for error in errors if error.code == "FAD209")
    return any(span.contains(finding.span) for span in conditions)


def read_derived_functions(
    reading: Reading,
    computation: Computation,
    mode: str,
    wrt: tuple[str, ...] | None,
    result: str | None,
    pushed: frozenset[Operation] = frozenset(),
) -> list[Diagnostic]:
    """The same for one derivative: of one result, with respect to some inputs.

    Mixed mode pushes tangents through the operations of ``pushed``.
    """
    programs = Programs(reading, Session(INTERPRETER, mode, pushed, pushing=mode == "forward"))
    _read(programs, computation, wrt, result)
    return programs.found()


def _read(
    programs: Programs, computation: Computation, wrt: tuple[str, ...] | None, result: str | None
) -> None:
    inputs = select_inputs(computation, wrt)
    active = frozenset(parameter.name for parameter in inputs)
    facts = programs.read(computation, parameter_facts(computation, active))
    outputs = select_result(computation, result).outputs
    selected = [fact for index, fact in enumerate(facts) if index in outputs]
    for pending in _asked_for([leaf for fact in selected for leaf in leaves(fact)]):
        said = pending.diagnostic
        programs.session.found.setdefault((said.code, said.span), said)


def _asked_for(results: Sequence[Fact]) -> Iterator[Pending]:
    """The pending diagnostics of results whose derivative is needed.

    Of several results, those without any derivative are not meant to be differentiated, such as an
    accuracy next to a loss.
    """
    left = frozenset[str]().union(*(fact.active for fact in results))
    for fact in results:
        for pending in fact.pending:
            if pending.deliberate:
                if pending.lost - left:
                    yield pending
            elif fact.active or pending.lost and not left:
                yield pending
