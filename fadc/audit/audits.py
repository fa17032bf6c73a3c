"""Audits of derivatives, and the verification of certificates against files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fadc import __version__
from fadc.analyses.policy import Policy
from fadc.audit.certificate import Certificate, certify
from fadc.audit.record import Audit
from fadc.audit.verification import verify
from fadc.cost.cheapest import cheapest
from fadc.cost.compute import cost_of_plans
from fadc.cost.costs import Variant
from fadc.derive.request import Request, choose_computation
from fadc.diagnostics import Diagnostic
from fadc.errors import UsageError
from fadc.pipeline import ANY_MECHANISM, transform
from fadc.syntax.computations import Reading, read_program
from fadc.syntax.modules.module import Loader
from fadc.syntax.source.nesting import room
from fadc.texts import normalised, read_file

_PAIRS = ("cost", "dims", "accumulate")


def audit(
    source: str,
    path: str,
    request: Request,
    policy: Policy = ANY_MECHANISM,
    load: Loader | None = None,
) -> tuple[Audit | None, tuple[Diagnostic, ...]]:
    """The audit of one derivative; None if the program has errors."""
    done = transform(source, path, request, policy, load)
    if not done.text:
        return None, done.diagnostics
    text, emitted = normalised(source), normalised(done.text)
    reading = read_program(text, path, load or read_file)
    return _audit(reading, request, text, emitted, load or read_file), done.diagnostics


@room()
def _audit(reading: Reading, request: Request, text: str, emitted: str, load: Loader) -> Audit:
    assert reading.module is not None
    path = reading.module.path
    chosen = choose_computation(reading, request.of, path)
    policy = None if request.mode == "forward" else request.residuals
    mine = Variant(request.mode, policy, request.checkpoint)
    plans = dict.fromkeys((*Variant.all(), mine))
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
    """The differences between a certificate and this file, a program or an emitted module."""

    def remake(options: Mapping[str, Any]) -> Certificate | None:
        found, _ = audit(source, path, request_of(options), load=load)
        return found.certificate if found else None

    return verify(claimed, normalised(source), path, load or read_file, remake)


def _options(request: Request) -> dict[str, Any]:
    """The options of a request for a certificate, in lists as they are read back from JSON."""
    pairs = {name: [list(pair) for pair in getattr(request, name)] for name in _PAIRS}
    wrt = None if request.wrt is None else list(request.wrt)
    found = {**asdict(request), **pairs, "wrt": wrt}
    return {name: value for name, value in found.items() if name != "dump_after"}


def request_of(options: Mapping[str, Any]) -> Request:
    """The request with a certificate's options. Raises UsageError for unknown ones."""
    try:
        wrt = options["wrt"]
        pairs = {
            name: tuple((str(key), str(value)) for key, value in options.get(name, ()))
            for name in _PAIRS
        }
        return Request(**{**options, **pairs, "wrt": None if wrt is None else tuple(wrt)})
    except (TypeError, KeyError, ValueError) as error:
        raise UsageError(
            f"the certificate's options are not those of this fadc: {error}"
        ) from error
