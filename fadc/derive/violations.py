"""Checks a derivative's uploads against the project's policy and the program's own clipping.

To do so, the derivative is made and its uploads are read from the IR.
"""

from __future__ import annotations

from fadc.analyses.calls import called, with_callees
from fadc.analyses.cotangent_uploads import Clipping, find_unclipped_cotangent
from fadc.analyses.policy import Policy, derivative_violation, find_policy_violations, uploads
from fadc.calculus.selection import positions, select_inputs, select_result
from fadc.derive.differentiate import Differentiated, differentiate
from fadc.derive.request import MODES, Request
from fadc.diagnostics import Diagnostic, Severity
from fadc.ir import Computation, Mapped, Program
from fadc.lint.clipped_cotangents import clipping
from fadc.syntax.computations import Reading


def find_derivative_violations(reading: Reading, policy: Policy) -> list[Diagnostic]:
    """Diagnostics of computations that keep to the policy while some derivative does not.

    A computation that calls such a one in the same file is not reported as well.
    """
    if policy.mechanisms is None:
        return []
    program = reading.program
    found: dict[str, Diagnostic] = {}
    for name, computation in program.computations.items():
        callees = [
            each for each in with_callees(program, name) if each.module == computation.module
        ]
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
    """The violations of the policy by a computation, its callees and its derivative."""
    reached = with_callees(reading.program, computation.name)
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


def find_in_derivatives(reading: Reading, mode: str) -> list[Diagnostic]:
    """The errors of derivatives in this mode, and warnings of what they upload unclipped."""
    found: list[Diagnostic] = []
    inner = called(reading.program)
    for name, computation in reading.program.computations.items():
        derived = differentiate(reading, computation, Request(mode))
        # In an emitted module the names of derivatives are taken by those in the module. A called
        # computation inherits its caller's mechanism.
        settled = {"FAD406", "FAD302"} if name in inner else {"FAD406"}
        errors = [d for d in derived.diagnostics if d.severity is Severity.ERROR]
        found += [d for d in errors if d not in found and d.code not in settled]
        if name not in inner:
            found += find_unclipped(reading, computation, Request(mode))
    return found


def find_unclipped(
    reading: Reading, computation: Computation, request: Request
) -> list[Diagnostic]:
    """The cotangents that a derivative uploads unclipped although the program clips its uploads."""
    if request.mode == "forward":
        return []

    def read(owner: Computation, function: Mapped) -> Clipping:
        return clipping(reading.modules[owner.module], function)

    inputs = positions(computation, select_inputs(computation, request.wrt))
    outputs = select_result(computation, request.result).outputs
    found = find_unclipped_cotangent(reading.program, computation, inputs, outputs, read)
    return [] if found is None else [found]


def _used(derived: Differentiated) -> set[str]:
    """The mechanisms of a derivative; none if it cannot be made. Taken names do not prevent it."""
    errors = {each.code for each in derived.diagnostics if each.severity is Severity.ERROR}
    if errors - {"FAD406"}:
        return set()
    made = derived.derivatives
    known = Program({**made.program.computations, **made.computations})
    return set().union(*(uploads(known, name) for name in derived.public))
