"""FAD201: `fed.map(lambda x: x @ w, x)` becomes `fed.map(lambda w, x: x @ w, fed.broadcast(w), x)`."""

from __future__ import annotations

import ast

from fadc.diagnostics import Diagnostic, Fix
from fadc.fixes.captures import passed
from fadc.fixes.context import MendedModule


def fix(context: MendedModule, diagnostic: Diagnostic) -> Fix | None:
    node = context.at(diagnostic)
    call = context.call_of("map", node) if isinstance(node, ast.expr) else None
    broadcast = context.spelled("broadcast", call.func) if call is not None else None
    if broadcast is None:
        return None
    value = " ".join(context.module.text.slice(diagnostic.span).split())
    title = f"broadcast `{value}` and pass it as an argument"
    return passed(context, diagnostic, title, lambda text: f"{broadcast}({text})")
