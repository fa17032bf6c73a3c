"""Exchanges that cost more, or tell more, than they need to: what the 5xx rules speak of."""

from __future__ import annotations

from fadc.diagnostics import Diagnostic
from fadc.ir import Program


def find_doubtful_exchanges(program: Program, mode: str | None) -> list[Diagnostic]:
    """What is sent more often than needed, or with less protection than it seems to have."""
    return []
