"""FAD202: `fed.map(f, w, x)` becomes `fed.map(f, fed.broadcast(w), x)`."""

from __future__ import annotations

import ast

from fadc.diagnostics import Diagnostic, Fix
from fadc.fixes.context import MendedModule, made


def fix(context: MendedModule, diagnostic: Diagnostic) -> Fix | None:
    argument = context.at(diagnostic)
    call = context.parent(argument) if isinstance(argument, ast.expr) else None
    if not isinstance(argument, ast.expr) or not isinstance(call, ast.Call):
        return None
    broadcast = context.spelled("broadcast", call.func)
    if broadcast is None or argument not in call.args:
        return None
    text = " ".join(context.module.text.segment(argument).split())
    return made(f"broadcast `{text}`", *context.wrapped(argument, broadcast))
