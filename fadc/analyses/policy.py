"""A project's policy for upload mechanisms, and the checks against it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fadc.analyses.calls import with_callees
from fadc.diagnostics import Diagnostic, make
from fadc.diagnostics.wording import listed
from fadc.ir import Aggregate, Call, Computation, Program, walk
from fadc.span import Span

PLAIN = "sum"


@dataclass(frozen=True)
class Policy:
    """The settings of `[tool.fadc]` about upload mechanisms. None: no restriction.

    `mechanisms` are those that a project may use at all, `private_mechanisms` those that hide what
    a single client contributes. Plain aggregation is called `sum`.
    """

    mechanisms: tuple[str, ...] | None = None
    private_mechanisms: tuple[str, ...] | None = None

    def forbidden(self, mechanisms: Iterable[str]) -> list[str]:
        """Those mechanisms that the policy forbids."""
        return (
            [] if self.mechanisms is None else [m for m in mechanisms if m not in self.mechanisms]
        )

    def revealing(self, mechanisms: Iterable[str]) -> list[str]:
        """Those mechanisms that the policy does not list as private."""
        private = self.private_mechanisms
        return [] if private is None else [m for m in mechanisms if m not in private]

    @property
    def allowed(self) -> str:
        """The policy's mechanisms, for messages."""
        names = [name for name in dict.fromkeys(self.mechanisms or ()) if name != PLAIN]
        plain = [PLAIN] if PLAIN in (self.mechanisms or ()) else []
        return f"only {in_words([*names, *plain])}" if names or plain else "no upload"


def find_policy_violations(program: Program, policy: Policy) -> list[Diagnostic]:
    """The uploads of a program that the policy forbids, or does not list as private."""
    return [d for c in program.computations.values() for d in _violations(program, c, policy)]


def uploads(program: Program, name: str) -> set[str]:
    """The mechanisms of a computation and of all that it calls, by their names in a policy."""
    return {
        operation.aggregator.declared
        for computation in with_callees(program, name)
        for operation in walk(computation.block)
        if isinstance(operation, Aggregate)
    }


def derivative_violation(
    program: Program, computation: Computation, policy: Policy, used: Mapping[str, set[str]]
) -> Diagnostic | None:
    """The violation of the policy by derivatives of a computation that itself keeps to it.

    `used` are the mechanisms of the derivative for each mode.
    """
    if policy.forbidden(uploads(program, computation.name)):
        return None
    forbidden = {mode: policy.forbidden(sorted(found)) for mode, found in used.items()}
    modes = [mode for mode, found in forbidden.items() if found]
    if not modes:
        return None
    return make(
        "FAD306",
        computation.transpose_span or computation.span,
        computation=computation.name,
        modes=listed(modes),
        mechanisms=in_words(sorted({name for found in forbidden.values() for name in found})),
        allowed=policy.allowed,
    )


def in_words(mechanisms: Iterable[str]) -> str:
    """Mechanisms in a message: "`secure_sum` and plain aggregation"."""
    return listed("plain aggregation" if name == PLAIN else f"`{name}`" for name in mechanisms)


def _violations(program: Program, computation: Computation, policy: Policy) -> Iterator[Diagnostic]:
    """Violations by uploads, by calls of other files' computations and by transposed broadcasts."""
    for operation in walk(computation.block):
        if isinstance(operation, Aggregate):
            yield from _judged(policy, {operation.aggregator.declared}, operation.span)
        elif isinstance(operation, Call):
            callee = program.computations[operation.computation]
            if callee.module != computation.module:
                used = uploads(program, operation.computation)
                yield from _judged(policy, used, operation.span)
    if computation.transpose is not None and computation.transpose_span is not None:
        declared = computation.transpose.declared
        keeps = not policy.forbidden(uploads(program, computation.name))
        # For a program that keeps to the policy, FAD306 reports derivatives that do not.
        if not (keeps and policy.forbidden([declared])):
            yield from _judged(policy, {declared}, computation.transpose_span)


def _judged(policy: Policy, used: set[str], span: Span) -> Iterator[Diagnostic]:
    if forbidden := policy.forbidden(sorted(used)):
        yield make("FAD305", span, mechanisms=in_words(forbidden), allowed=policy.allowed)
    elif revealing := policy.revealing(sorted(used)):
        yield make("FAD505", span, mechanisms=in_words(revealing))
