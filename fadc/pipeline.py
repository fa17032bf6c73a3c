"""What each command does, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from fadc.analyses.ambiguity import find_ambiguous_mechanisms
from fadc.analyses.calls import called
from fadc.analyses.exchanges import find_doubtful_exchanges
from fadc.analyses.policy import Policy, find_policy_violations
from fadc.analyses.widths import floats_of
from fadc.diagnostics import Diagnostic, Severity
from fadc.diagnostics.suppression import standing, suppress
from fadc.errors import UsageError
from fadc.generated import is_for_stateless_clients
from fadc.local_functions import read_derived_functions, read_local_functions
from fadc.syntax.computations import Reading, read_program
from fadc.syntax.imports import importable_name
from fadc.syntax.mentions import mentions_fadc
from fadc.syntax.modules import Loader, Module, refusal_of_compiler
from fadc.syntax.nesting import room

if TYPE_CHECKING:
    from fadc.audits import Audit
    from fadc.costs import Costs
    from fadc.differentiate import Differentiated
    from fadc.emit.header import Provenance
    from fadc.request import Pairs, Request

ANY_MECHANISM = Policy()


@dataclass(frozen=True)
class Transformed:
    """An emitted module: its text ("" if there are errors), what was found, what it costs.

    ``report`` has one line for the primal and one for each derivative; ``dumps`` is what
    ``dump_after`` asked for; ``no_gradient`` says why there is no ``NAME_value_and_grad``.
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
    """Everything that is wrong with the federated computations of a module, in order.

    A text that never mentions fadc is not even parsed. With `fixes`, diagnostics carry theirs.
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
    *,
    mode: str,
    of: str | None = None,
    wrt: tuple[str, ...] | None = None,
    result: str | None = None,
    residuals: str = "store",
    checkpoint: int | None = None,
    dump_after: str | None = None,
    cost: Pairs = (),
    dims: Pairs = (),
    accumulate: Pairs = (),
    dtype: str | None = None,
    module: str | None = None,
    self_contained: bool = False,
    policy: Policy = ANY_MECHANISM,
    load: Loader | None = None,
) -> Transformed:
    """The derivative of one computation of a module, as a module that keeps to the policy."""
    from fadc.request import Request  # With the passes, which a check of primals does without.

    request = Request(
        mode,
        of,
        wrt,
        result,
        residuals,
        checkpoint,
        dump_after,
        cost,
        dims,
        accumulate,
        dtype,
        module,
        self_contained,
    )
    request.validate()
    text = normalised(source)
    reading = read_program(text, path, load or read_file)
    if reading.module is not None and (refusal := refusal_of_compiler(reading.module)):
        reading.diagnostics.append(refusal)
    found = standing(reading.diagnostics, reading.texts)
    if _has_errors(found):
        return Transformed("", tuple(found))
    newline = "\r\n" if "\r\n" in source else "\n"
    origin = None if self_contained else module or importable_name(path, load or read_file)
    return _derive(reading, request, policy, origin, newline)


@room()
def _derive(
    reading: Reading,
    request: Request,
    policy: Policy,
    origin: str | None,
    newline: str,
) -> Transformed:
    """``origin`` is the module from which the derivative imports the program's classes."""
    from fadc.compliance import find_unclipped, violations_of
    from fadc.differentiate import differentiate
    from fadc.emit.header import header
    from fadc.emit.module import emit_module
    from fadc.passes.selection import select_result
    from fadc.request import choose_computation
    from fadc.scalars import why_no_gradient

    assert reading.module is not None
    path = reading.module.path
    chosen = choose_computation(reading, request.of, path)
    derived = differentiate(reading, chosen, request)
    pushed = derived.plan.prefix.operations
    findings = [
        *reading.diagnostics,
        *derived.diagnostics,
        *read_derived_functions(reading, chosen, request.mode, request.wrt, request.result, pushed),
        *violations_of(reading, chosen, derived, request.mode, policy),
        *find_unclipped(reading, chosen, request),
    ]
    # Which comments are used in vain is for `check` to say, which looks for more.
    found = tuple(standing(findings, reading.texts))
    if _has_errors(found):
        return Transformed("", found, dumps=derived.dumps)
    made = _provenance(reading.module, request, derived, origin)
    lines = header(reading.module, derived.derivatives.computations.values(), made)
    emitted = emit_module(
        reading.module, reading.modules, derived.taken, derived.derivatives, lines, origin
    )
    reason = why_no_gradient(select_result(chosen, request.result))
    text = emitted.replace("\n", newline)
    return Transformed(text, found, made.report, derived.dumps, reason)


def _provenance(
    module: Module, request: Request, derived: Differentiated, origin: str | None
) -> Provenance:
    """What the header of an emitted module says of how it came about."""
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


def cost(
    source: str,
    path: str,
    *,
    of: str | None = None,
    wrt: tuple[str, ...] | None = None,
    result: str | None = None,
    dims: Mapping[str, int] | None = None,
    dtype: str | None = None,
    cost: Pairs = (),
    accumulate: Pairs = (),
    load: Loader | None = None,
) -> tuple[Costs | None, tuple[Diagnostic, ...]]:
    """What one computation of a module and its derivatives cost; None if it has errors."""
    from fadc.request import Request

    asked = Request("mixed", of, wrt, result, cost=cost, accumulate=accumulate, dtype=dtype)
    asked.validate()
    text = normalised(source)
    reading = read_program(text, path, load or read_file)
    found = tuple(standing(reading.diagnostics, reading.texts))
    if _has_errors(found):
        return None, found
    return _costs(reading, path, asked, dims or {}), found


@room()
def _costs(reading: Reading, path: str, asked: Request, dims: Mapping[str, int]) -> Costs:
    from fadc.analyses.sized import find_sized
    from fadc.costs import Plan, cost_of_plans
    from fadc.request import choose_computation

    chosen = choose_computation(reading, asked.of, path)
    sized = find_sized(reading.program)
    decisive = {name: size for name, size in dims.items() if sized.admits(name)}
    asked = replace(asked, dims=tuple((name, str(size)) for name, size in decisive.items()))
    return cost_of_plans(reading, chosen, asked, Plan.all(), dims)


def audit(
    source: str,
    path: str,
    request: Request,
    policy: Policy = ANY_MECHANISM,
    load: Loader | None = None,
) -> tuple[Audit | None, tuple[Diagnostic, ...]]:
    """What a privacy reviewer needs to know of one derivative; None if the program has errors."""
    done = transform(source, path, policy=policy, load=load, **asdict(request))
    if not done.text:
        return None, done.diagnostics
    text, emitted = normalised(source), normalised(done.text)
    reading = read_program(text, path, load or read_file)
    return _audit(reading, request, text, emitted, load or read_file), done.diagnostics


@room()
def _audit(reading: Reading, request: Request, text: str, emitted: str, load: Loader) -> Audit:
    from fadc import __version__
    from fadc.audit.certificate import certify
    from fadc.audits import Audit
    from fadc.cheapest import cheapest
    from fadc.costs import Plan, cost_of_plans
    from fadc.request import choose_computation

    assert reading.module is not None
    path = reading.module.path
    chosen = choose_computation(reading, request.of, path)
    policy = None if request.mode == "forward" else request.residuals
    mine = Plan(request.mode, policy, request.checkpoint)
    plans = dict.fromkeys((*Plan.all(), mine))
    costs = cost_of_plans(reading, chosen, request, plans, request.sizes)
    rows = tuple(row for row in costs.rows if row.plan == mine)
    certificate = certify(
        text,
        emitted,
        path=path,
        load=load,
        options=_options(request),
        primal=chosen.name,
        derivatives=tuple(row.name for row in rows),
        version=__version__,
    )
    best = cheapest(costs)
    return Audit(path, mine, costs.primal, rows, costs, best, certificate, text, emitted)


@room()
def verify_certificate(
    claimed: object, source: str, path: str, load: Loader | None = None
) -> list[str]:
    """What speaks against a certificate of this file, or of the program that it was emitted from."""
    from fadc.audit.certificate import Certificate
    from fadc.audit.verification import verify

    def remake(options: Mapping[str, Any]) -> Certificate | None:
        found, _ = audit(source, path, request_of(options), load=load)
        return found.certificate if found else None

    return verify(claimed, normalised(source), path, load or read_file, remake)


def _options(request: Request) -> dict[str, Any]:
    """A request as a certificate has it, in lists as JSON gives them back."""
    pairs = {
        name: [list(pair) for pair in getattr(request, name)]
        for name in ("cost", "dims", "accumulate")
    }
    wrt = None if request.wrt is None else list(request.wrt)
    found = {**asdict(request), **pairs, "wrt": wrt}
    return {name: value for name, value in found.items() if name != "dump_after"}


def request_of(options: Mapping[str, Any]) -> Request:
    """The request that a certificate's options make. Raises UsageError for unknown ones."""
    from fadc.request import Request

    try:
        wrt = options["wrt"]
        pairs = {
            name: tuple((str(key), str(value)) for key, value in options.get(name, ()))
            for name in ("cost", "dims", "accumulate")
        }
        return Request(**{**options, **pairs, "wrt": None if wrt is None else tuple(wrt)})
    except (TypeError, KeyError, ValueError) as error:
        raise UsageError(
            f"the certificate's options are not those of this fadc: {error}"
        ) from error


@room()
def _findings(reading: Reading, mode: str | None, policy: Policy) -> list[Diagnostic]:
    """What is wrong with the computations that can be read, beyond placements and closure."""
    stateless = reading.module is not None and is_for_stateless_clients(reading.module.text.lines)
    found = [
        *read_local_functions(reading, mode),
        *find_doubtful_exchanges(reading.program, stateless=stateless),
        *find_policy_violations(reading.everything, policy),
    ]
    if mode in (None, "forward"):  # the other modes report it as an error
        found += find_ambiguous_mechanisms(reading.program)
    if reading.module is None or (mode is None and policy.mechanisms is None):
        return found
    if refusal := refusal_of_compiler(reading.module):
        return [*found, refusal]
    from fadc.compliance import find_derivative_violations

    found += find_derivative_violations(reading, policy)
    return found if mode is None else [*found, *_findings_in(reading, mode)]


def _findings_in(reading: Reading, mode: str) -> list[Diagnostic]:
    """What a derivative in some mode would be refused for, or would give away."""
    from fadc.compliance import find_unclipped
    from fadc.differentiate import differentiate
    from fadc.request import Request

    found: list[Diagnostic] = []
    inner = called(reading.program)
    for name, computation in reading.program.computations.items():
        derived = differentiate(reading, computation, Request(mode))
        # An emitted module has its primal beside the derivative: names are taken there. A called
        # computation inherits its caller's mechanism.
        settled = {"FAD406", "FAD302"} if name in inner else {"FAD406"}
        errors = [d for d in derived.diagnostics if d.severity is Severity.ERROR]
        found += [d for d in errors if d not in found and d.code not in settled]
        if name not in inner:
            found += find_unclipped(reading, computation, Request(mode))
    return found


def _has_errors(diagnostics: list[Diagnostic] | tuple[Diagnostic, ...]) -> bool:
    return any(d.severity is Severity.ERROR for d in diagnostics)


def normalised(source: str) -> str:
    """The text with plain newlines and without a byte order mark."""
    return source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def read_file(path: PurePosixPath) -> str | None:
    """A file of the program's package, or None; nothing is imported."""
    try:
        with open(path, encoding="utf-8") as file:
            return normalised(file.read())
    except (OSError, UnicodeDecodeError, ValueError):
        return None
