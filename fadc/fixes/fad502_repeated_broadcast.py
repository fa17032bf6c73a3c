"""FAD502: the result of the first broadcast is used again, under its name or a new one."""

from __future__ import annotations

import ast

from fadc.diagnostics import Diagnostic, Edit, Fix
from fadc.fixes.context import MendedModule, made
from fadc.fixes.statements import (
    always_runs,
    front,
    has_own_lines,
    indentation,
    is_bound_once,
    is_simple,
    name_at_clients,
    on_one_line,
)
from fadc.ir import Broadcast, Value, walk


def fix(context: MendedModule, diagnostic: Diagnostic) -> Fix | None:
    second, first = context.at(diagnostic), context.nodes.at(diagnostic.related[0][0])
    if not isinstance(second, ast.Call) or not isinstance(first, ast.Call) or first is second:
        return None
    function = context.function_of(first)
    if function is None or context.function_of(second) is not function:
        return None
    start, end = context.start(second), context.end(second)
    known = _known_name(context, function, first, second)
    if known is not None:
        return made(f"use `{known}` again", context.replaced(start, end, known))
    bound = _bound(context, function, first) if _is_same(context, first, second) else None
    if bound is None:
        return None
    name, edits = bound
    title = f"name the first broadcast `{name}`, and use that"
    return made(title, *edits, context.replaced(start, end, name))


def _is_same(context: MendedModule, first: ast.Call, second: ast.Call) -> bool:
    """Whether two broadcasts send the same values, in displays of the same form."""
    sent = _sent(context, first)
    if not sent or sent != _sent(context, second):
        return False
    return ast.dump(first.args[0]) == ast.dump(second.args[0])


def _sent(context: MendedModule, call: ast.Call) -> tuple[Value, ...]:
    """The values that a broadcast sends, from the IR."""
    span = context.module.text.span(call)
    for computation in context.reading.program.computations.values():
        for operation in walk(computation.block):
            if isinstance(operation, Broadcast) and operation.span == span:
                return operation.values
    return ()


def _known_name(
    context: MendedModule, function: ast.FunctionDef, first: ast.Call, second: ast.Call
) -> str | None:
    """The name that the first broadcast's statement binds to what is sent again, if it keeps it.

    For `w_at_clients, lr_at_clients = fed.broadcast((w, lr))` it is one of the two names.
    """
    statement = context.parent(first)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    (target,) = statement.targets
    same = _is_same(context, first, second)
    name = target if same else _part(context, target, first, second)
    if isinstance(name, ast.Name) and is_bound_once(function, name.id):
        return name.id
    return None


def _part(
    context: MendedModule, target: ast.expr, first: ast.Call, second: ast.Call
) -> ast.expr | None:
    """The part of a target that is bound to what the second broadcast sends."""
    values, again = _sent(context, first), _sent(context, second)
    names = target.elts if isinstance(target, ast.Tuple) else []
    sent = first.args[0].elts if isinstance(first.args[0], ast.Tuple) else []
    if not len(names) == len(sent) == len(values) or len(again) != 1:
        return None
    pairs = zip(names, values, strict=True)
    return next((name for name, value in pairs if value is again[0]), None)


def _bound(
    context: MendedModule, function: ast.FunctionDef, first: ast.Call
) -> tuple[str, tuple[Edit, ...]] | None:
    """A new name for the first broadcast, and the edits that bind it in front of its statement."""
    statement = context.nodes.statement(first)
    text = on_one_line(context.module.text.segment(first))
    if text is None or not (is_simple(statement) and has_own_lines(context, statement)):
        return None
    if not always_runs(context, first, statement):
        return None
    name = name_at_clients(context, function, first.args[0])
    line = f"{indentation(context, statement)}{name} = {text}\n"
    return name, (
        context.inserted(front(context, statement), line),
        context.replaced(context.start(first), context.end(first), name),
    )
