"""Computes costs: makes every plan's derivative and counts its messages, work and memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fadc.analyses.memory import memory
from fadc.analyses.schedule import Role, Schedule, Symbols
from fadc.analyses.scheduling import schedule
from fadc.analyses.sized import find_sized
from fadc.analyses.traffic import traffic_of
from fadc.analyses.widths import floats_of
from fadc.analyses.work import extra_work
from fadc.calculus.selection import select_inputs
from fadc.cost.costs import Costs, Refused, Row, Values, Variant
from fadc.derive.differentiate import Differentiated, differentiate
from fadc.derive.request import Request, choose_computation
from fadc.diagnostics import Diagnostic, Severity, has_errors
from fadc.diagnostics.suppression import standing
from fadc.errors import UsageError
from fadc.ir import Computation
from fadc.lint.local_functions import read_derived_functions
from fadc.syntax.computations import Reading, read_program
from fadc.syntax.modules.module import Loader, constants
from fadc.syntax.source.nesting import room
from fadc.texts import normalised, read_file


def cost(
    source: str,
    path: str,
    asked: Request,
    dims: Mapping[str, int] | None = None,
    load: Loader | None = None,
) -> tuple[Costs | None, tuple[Diagnostic, ...]]:
    """The costs of one computation of a module and its derivatives; None if the module has errors.

    ``asked`` is a request for mixed mode; its prices and choices apply to the plans of mixed mode.
    """
    asked.validate()
    reading = read_program(normalised(source), path, load or read_file)
    found = tuple(standing(reading.diagnostics, reading.texts))
    if has_errors(found):
        return None, found
    return _costs(reading, path, asked, dims or {}), found


@room()
def _costs(reading: Reading, path: str, asked: Request, dims: Mapping[str, int]) -> Costs:
    chosen = choose_computation(reading, asked.of, path)
    sized = find_sized(reading.program)
    decisive = {name: size for name, size in dims.items() if sized.admits(name)}
    asked = replace(asked, dims=tuple((name, str(size)) for name, size in decisive.items()))
    return cost_of_plans(reading, chosen, asked, Variant.all(), dims)


def cost_of_plans(
    reading: Reading,
    computation: Computation,
    asked: Request,
    plans: Iterable[Variant],
    dims: Mapping[str, int],
) -> Costs:
    """The costs of a computation and of its derivatives for all plans, with the requested options.

    Raises UsageError for choices that no residual policy of mixed mode admits.
    """
    assert reading.module is not None
    symbols = Symbols()
    dtype = floats_of(reading.program, asked.dtype)
    values = Values(dims, dtype, {**constants(reading.module), **_defaults(computation)})
    planned = schedule(reading.program.computations, computation.name, symbols)
    wrt = tuple(each.name for each in select_inputs(computation, asked.wrt))
    requests = {plan: plan.request(asked) for plan in plans}
    derived, refused = _derived(reading, computation, requests)
    rows = [_row(computation.name, "primal", None, planned, values, planned)]
    for plan, found in derived.items():
        rows += _rows(plan, found, values, symbols, planned)
    return Costs(
        reading.module.path,
        wrt,
        values,
        tuple(rows),
        tuple(refused),
        find_sized(reading.program),
        asked.byte_prices,
    )


def _derived(
    reading: Reading, computation: Computation, requests: Mapping[Variant, Request]
) -> tuple[dict[Variant, Differentiated], list[Refused]]:
    """The derivatives of all plans that the program admits, and the reasons against the others."""
    admitted: dict[Variant, Differentiated] = {}
    refused: list[Refused] = []
    untold: UsageError | None = None
    for plan, request in requests.items():
        try:
            found = differentiate(reading, computation, request)
        except UsageError as error:
            if not request.accumulate:
                raise
            refused.append(Refused(plan, (), error.message))
            untold = untold or error
            continue
        errors = [d for d in found.diagnostics if d.severity is Severity.ERROR]
        errors += _refusals(reading, computation, request)
        if errors:
            refused.append(Refused(plan, tuple(errors)))
        else:
            admitted[plan] = found
    if untold and not any(plan.mode == "mixed" for plan in admitted):
        raise untold
    return admitted, refused


def _refusals(reading: Reading, computation: Computation, request: Request) -> list[Diagnostic]:
    """Diagnostics, not waived, of local functions for which JAX has no derivative in this mode."""
    found = read_derived_functions(reading, computation, request.mode, request.wrt, request.result)
    return standing((each for each in found if each.severity is Severity.ERROR), reading.texts)


def _rows(
    plan: Variant, derived: Differentiated, values: Values, symbols: Symbols, primal: Schedule
) -> list[Row]:
    """One row for each computation that a plan derives."""
    computations = {**derived.derivatives.program.computations, **derived.derivatives.computations}
    seeds: Role = "tangent" if plan.mode == "forward" else "cotangent"
    stem = f"{derived.computation.name}_"
    return [
        _row(
            name,
            name.removeprefix(stem),
            plan,
            schedule(computations, name, symbols, seeds, primal.inputs),
            values,
            primal,
        )
        for name in derived.public
    ]


def _defaults(computation: Computation) -> dict[str, int]:
    """The parameters whose defaults are whole numbers, with these."""
    found = {p.name: p.default for p in computation.parameters if p.default}
    return {name: int(text) for name, text in found.items() if text.isdecimal()}


def _row(
    name: str, kind: str, plan: Variant | None, planned: Schedule, values: Values, primal: Schedule
) -> Row:
    traffic = traffic_of(planned)
    return Row(
        name,
        kind,
        plan,
        planned,
        traffic,
        traffic.rounds.evaluated(values.all),
        values.amount(planned, "down"),
        values.amount(planned, "up"),
        tuple(values.kept(found) for found in memory(planned)),
        {} if plan is None else extra_work(planned, primal),
    )
