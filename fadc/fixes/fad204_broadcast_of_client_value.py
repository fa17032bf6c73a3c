"""FAD204: `fed.broadcast(x)` of a client value becomes `x`."""

from __future__ import annotations

import ast

from fadc.diagnostics import Diagnostic, Fix
from fadc.fixes.context import MendedModule, made

_BRACKETED = (
    ast.Name
    | ast.Constant
    | ast.Call
    | ast.Subscript
    | ast.Tuple
    | ast.List
    | ast.Dict
    | ast.Attribute
)
"""Expressions that need no parentheses anywhere, if they are on one line."""


def fix(context: MendedModule, diagnostic: Diagnostic) -> Fix | None:
    argument = context.at(diagnostic)
    call = context.parent(argument) if isinstance(argument, ast.expr) else None
    if not isinstance(argument, ast.expr) or not isinstance(call, ast.Call):
        return None
    if context.module.primitive(call.func) != "broadcast" or call.args != [argument]:
        return None
    opening = context.start(call), context.start(argument)
    closing = context.end(argument), context.end(call)
    if "#" in context.between(*opening) + context.between(*closing):
        return None
    text = context.module.text.segment(argument)
    plain = isinstance(argument, _BRACKETED) and "\n" not in text
    before, after = ("", "") if plain else ("(", ")")
    edits = context.replaced(*opening, before), context.replaced(*closing, after)
    return made(f"use `{' '.join(text.split())}` without a broadcast", *edits)
