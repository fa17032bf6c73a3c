"""The safe fixes: one file per code, imported when a diagnostic of that code is to be mended.

Each file has one function `fix` from a context and a diagnostic to the fix, or None if it is not
certain that the program stays the same except for what is reported. As with the rules, the
package's directory is the catalogue.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from fadc.diagnostics import Diagnostic, Fix
from fadc.syntax.computations import Reading
from fadc.syntax.source.nesting import room

if TYPE_CHECKING:
    from fadc.fixes.context import MendedModule


@room()
def with_fixes(reading: Reading, diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The diagnostics, each with its fix if its rule has one that is safe here."""
    if reading.module is None or not any(each.code in _modules() for each in diagnostics):
        return list(diagnostics)
    from fadc.fixes.context import MendedModule

    context = MendedModule.of(reading, reading.module)
    return [replace(each, fix=_fix(context, each)) for each in diagnostics]


@cache
def _modules() -> dict[str, str]:
    """Module name by code, in the order of the codes."""
    names = (name.partition(".")[0] for name in os.listdir(os.path.dirname(__file__)))
    return {name[:6].upper(): name for name in sorted(names) if name[3:6].isdigit()}


def _fix(context: MendedModule, diagnostic: Diagnostic) -> Fix | None:
    if diagnostic.code not in _modules():
        return None
    module = importlib.import_module(f"{__name__}.{_modules()[diagnostic.code]}")
    fix: Callable[[MendedModule, Diagnostic], Fix | None] = module.fix
    return fix(context, diagnostic)
