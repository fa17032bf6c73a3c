"""What a project allows its programs to upload through, and what is held against that."""

from __future__ import annotations

from dataclasses import dataclass

from fadc.diagnostics import Diagnostic
from fadc.ir import Program


@dataclass(frozen=True)
class Policy:
    """The settings of `[tool.fadc]` that speak of upload mechanisms. None: no restriction.

    `mechanisms` are those that a project may use at all, `private_mechanisms` those that hide what
    a single client contributes. Plain aggregation is called `sum`.
    """

    mechanisms: tuple[str, ...] | None = None
    private_mechanisms: tuple[str, ...] | None = None


def find_policy_violations(program: Program, policy: Policy) -> list[Diagnostic]:
    """The uploads of a program that its project does not allow."""
    return []
