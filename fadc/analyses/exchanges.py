"""Exchanges that cost more, or tell more, than they need to: what the 5xx rules speak of."""

from __future__ import annotations

from fadc.analyses.data_uploads import find_data_uploads
from fadc.analyses.repetition import find_repetition
from fadc.diagnostics import Diagnostic
from fadc.ir import Program


def find_doubtful_exchanges(program: Program, *, stateless: bool = False) -> list[Diagnostic]:
    """What is sent more often than needed, or is more than it needs to be.

    `stateless` clients remember nothing, so that they are sent things again on purpose.
    """
    found = list(find_data_uploads(program))
    for computation in program.computations.values():
        if not stateless:
            found += find_repetition(computation)
    return found
