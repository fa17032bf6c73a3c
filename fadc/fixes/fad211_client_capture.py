"""FAD211: `fed.map(lambda x: x - c, x)` becomes `fed.map(lambda c, x: x - c, c, x)`."""

from __future__ import annotations

from fadc.diagnostics import Diagnostic, Fix
from fadc.fixes.captures import passed
from fadc.fixes.context import MendedModule


def fix(context: MendedModule, diagnostic: Diagnostic) -> Fix | None:
    value = " ".join(context.module.text.slice(diagnostic.span).split())
    return passed(context, diagnostic, f"pass `{value}` as an argument", lambda text: text)
