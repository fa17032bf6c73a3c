"""The safe fixes: one file a code, read when a diagnostic of that code is to be mended."""

from __future__ import annotations

from collections.abc import Sequence

from fadc.diagnostics import Diagnostic
from fadc.syntax.computations import Reading


def with_fixes(reading: Reading, diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics, each with its fix where its rule has one that is safe here."""
    return list(diagnostics)
