"""Holds derivatives against the policy of a project: really derives them, and looks at their uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fadc.analyses.policy import Policy, derivative_violation, find_policy_violations, uploads
from fadc.diagnostics import Diagnostic, Severity
from fadc.ir import Call, Computation, Program, walk
from fadc.request import MODES, Request
from fadc.syntax.computations import Reading

if TYPE_CHECKING:
    from fadc.differentiate import Differentiated


def find_derivative_violations(reading: Reading, policy: Policy) -> list[Diagnostic]:
    """The computations that keep to the policy and whose derivatives, in some mode, do not.

    One that calls such a computation of the same file is not reported again.
    """
    if policy.mechanisms is None:
        return []
    from fadc.differentiate import differentiate

    program = reading.program
    found: dict[str, Diagnostic] = {}
    for name, computation in program.computations.items():
        callees = [each for each in _reached(program, name) if each.module == computation.module]
        if any(each.name in found for each in callees):
            continue
        used = {mode: _used(differentiate(reading, computation, Request(mode))) for mode in MODES}
        violation = derivative_violation(program, computation, policy, used)
        if violation is not None:
            found[name] = violation
    return list(found.values())


def violations_of(
    reading: Reading, computation: Computation, derived: Differentiated, mode: str, policy: Policy
) -> list[Diagnostic]:
    """What the project does not allow of one computation, its callees and its derivative."""
    reached = _reached(reading.program, computation.name)
    program = Program({each.name: each for each in reached})
    found = [
        violation
        for violation in find_policy_violations(program, policy)
        if violation.span.path == computation.module
    ]
    if policy.mechanisms is not None:
        used = {mode: _used(derived)}
        violation = derivative_violation(program, computation, policy, used)
        found += [violation] if violation else []
    return found


def _used(derived: Differentiated) -> set[str]:
    """The mechanisms of a derivative; none where it is refused anyway."""
    if any(each.severity is Severity.ERROR for each in derived.diagnostics):
        return set()
    known = {**derived.derivatives.program.computations, **derived.derivatives.computations}
    return set().union(*(uploads(known, name) for name in derived.public))


def _reached(program: Program, name: str) -> list[Computation]:
    """A computation after all that it calls."""
    found: dict[str, Computation] = {}
    for operation in walk(program.computations[name].block):
        if isinstance(operation, Call):
            found.update({c.name: c for c in _reached(program, operation.computation)})
    return [*found.values(), program.computations[name]]
