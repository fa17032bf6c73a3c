"""Exchanges that cost or reveal more than necessary: the subject of the rules FAD5xx."""

from __future__ import annotations

from fadc.analyses.data_uploads import find_data_uploads
from fadc.analyses.repetition import find_repetition
from fadc.diagnostics import Diagnostic
from fadc.ir import Program


def find_doubtful_exchanges(program: Program, *, stateless: bool = False) -> list[Diagnostic]:
    """Diagnostics of values that are sent more often than needed, or that are larger than needed.

    `stateless` clients remember nothing: values are deliberately sent to them again.
    """
    found = list(find_data_uploads(program))
    for computation in program.computations.values():
        if not stateless:
            found += find_repetition(computation)
    return found
