"""Reads the functions that a program runs at the clients and in its server expressions."""

from __future__ import annotations

from fadc.diagnostics import Diagnostic
from fadc.syntax.computations import Reading


def read_local_functions(reading: Reading, mode: str | None) -> list[Diagnostic]:
    """What is wrong with the local functions that the computations of a program reach."""
    return []
