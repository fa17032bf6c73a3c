"""The compiler's steps: a module is read and checked; its derivative is made, finished and emitted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from fadc.analyses.ambiguity import find_ambiguous_mechanisms
from fadc.analyses.exchanges import find_doubtful_exchanges
from fadc.analyses.policy import Policy, find_policy_violations
from fadc.analyses.widths import floats_of
from fadc.diagnostics import Diagnostic, has_errors
from fadc.diagnostics.suppression import standing, suppress
from fadc.lint.local_functions import read_derived_functions, read_local_functions
from fadc.syntax.computations import Reading, read_program
from fadc.syntax.modules.imports import importable_name
from fadc.syntax.modules.module import Loader, Module
from fadc.syntax.modules.reader import refusal_of_compiler
from fadc.syntax.source.mentions import mentions_fadc
from fadc.syntax.source.nesting import room
from fadc.texts import normalised, read_file

if TYPE_CHECKING:
    from fadc.derive.differentiate import Differentiated
    from fadc.derive.request import Request
    from fadc.emit.header import Provenance

ANY_MECHANISM = Policy()


@dataclass(frozen=True)
class Transformed:
    """An emitted module: its text ("" if there are errors), the diagnostics, and its cost.

    ``report`` states rounds and traffic, one line for the primal and one for each derivative;
    ``dumps`` is the IR that ``dump_after`` asked for; ``no_gradient`` says why there is no
    ``NAME_value_and_grad``.
    """

    text: str
    diagnostics: tuple[Diagnostic, ...]
    report: str = ""
    dumps: str = ""
    no_gradient: str = ""


def check(
    source: str,
    path: str,
    *,
    mode: str | None = None,
    policy: Policy = ANY_MECHANISM,
    fixes: bool = False,
    load: Loader | None = None,
) -> list[Diagnostic]:
    """All diagnostics of the federated computations of a module, in the order of its text.

    A text that never mentions fadc is not even parsed. With `fixes`, each diagnostic that has a fix
    carries it.
    """
    if not mentions_fadc(source):
        return []
    text = normalised(source)
    reading = read_program(text, path, load or read_file)
    found = [*reading.diagnostics, *_findings(reading, mode, policy)]
    kept = suppress([d for d in dict.fromkeys(found) if d.span.path == path], text, path)
    if not fixes:
        return kept
    from fadc.fixes import with_fixes

    return with_fixes(reading, kept)


def transform(
    source: str,
    path: str,
    request: Request,
    policy: Policy = ANY_MECHANISM,
    load: Loader | None = None,
) -> Transformed:
    """The derivative of one computation of a module, as a module that keeps to the policy."""
    request.validate()
    reading = read_program(normalised(source), path, load or read_file)
    if reading.module is not None and (refusal := refusal_of_compiler(reading.module)):
        reading.diagnostics.append(refusal)
    found = tuple(standing(reading.diagnostics, reading.texts))
    if has_errors(found):
        return Transformed("", found)
    newline = "\r\n" if "\r\n" in source else "\n"
    copied = request.self_contained
    origin = None if copied else request.module or importable_name(path, load or read_file)
    return _derive(reading, request, policy, origin, newline)


@room()
def _derive(
    reading: Reading, request: Request, policy: Policy, origin: str | None, newline: str
) -> Transformed:
    """``origin`` is the module from which the derivative imports the program's classes."""
    # Imported here since a check does not need the passes and the emitter.
    from fadc.calculus.selection import select_result
    from fadc.derive.differentiate import differentiate
    from fadc.derive.no_gradient import why_no_gradient
    from fadc.derive.request import choose_computation
    from fadc.derive.violations import find_unclipped, violations_of
    from fadc.emit.header import header
    from fadc.emit.module import emit_module

    assert reading.module is not None
    chosen = choose_computation(reading, request.of, reading.module.path)
    derived = differentiate(reading, chosen, request)
    pushed = derived.plan.prefix.operations
    findings = [
        *reading.diagnostics,
        *derived.diagnostics,
        *read_derived_functions(reading, chosen, request.mode, request.wrt, request.result, pushed),
        *violations_of(reading, chosen, derived, request.mode, policy),
        *find_unclipped(reading, chosen, request),
    ]
    # Unused suppressions are reported by `check` only, which looks for more diagnostics.
    found = tuple(standing(findings, reading.texts))
    if has_errors(found):
        return Transformed("", found, dumps=derived.dumps)
    made = _provenance(reading.module, request, derived, origin)
    modules, derivatives = reading.modules, derived.derivatives
    lines = header(reading.module, derivatives.computations.values(), made)
    emitted = emit_module(reading.module, modules, derived.taken, derivatives, lines, origin)
    reason = why_no_gradient(select_result(chosen, request.result))
    text = emitted.replace("\n", newline)
    return Transformed(text, found, made.report, derived.dumps, reason)


def _provenance(
    module: Module, request: Request, derived: Differentiated, origin: str | None
) -> Provenance:
    """What the header of an emitted module states about how it was made."""
    from fadc import __version__
    from fadc.emit.carried.classes import find_classes
    from fadc.emit.header import Provenance, report

    made, program = derived.derivatives, derived.derivatives.program
    computations = {**program.computations, **made.computations}
    copied = origin is None and bool(find_classes(module).names)
    name = PurePosixPath(module.path).name
    mixed = request.mode == "mixed"
    return Provenance(
        __version__,
        request.command(name, derived.computation, copied),
        request.mode,
        derived.wrt,
        report(computations, [derived.computation.name, *derived.public]),
        derived.plan.reasons if mixed else (),
        request.told_prices(floats_of(program, request.dtype)) if mixed else "",
    )


@room()
def _findings(reading: Reading, mode: str | None, policy: Policy) -> list[Diagnostic]:
    """The diagnostics of those computations that could be read, beyond placements and closure."""
    stateless = reading.module is not None and reading.module.is_for_stateless_clients
    found = [
        *read_local_functions(reading, mode),
        *find_doubtful_exchanges(reading.program, stateless=stateless),
        *find_policy_violations(reading.everything, policy),
    ]
    if mode in (None, "forward"):  # The other modes report it as an error.
        found += find_ambiguous_mechanisms(reading.program)
    if reading.module is None or (mode is None and policy.mechanisms is None):
        return found
    if refusal := refusal_of_compiler(reading.module):
        return [*found, refusal]
    from fadc.derive.violations import find_derivative_violations, find_in_derivatives

    found += find_derivative_violations(reading, policy)
    return found if mode is None else [*found, *find_in_derivatives(reading, mode)]
