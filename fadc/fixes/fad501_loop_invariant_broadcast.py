"""FAD501: the broadcast moves in front of the outermost loop that does not change its value."""

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
    name_at_clients,
    on_one_line,
)
from fadc.syntax.source.bound_names import bound_names, target_names, target_of


def fix(context: MendedModule, diagnostic: Diagnostic) -> Fix | None:
    call = context.at(diagnostic)
    loop = context.nodes.at(diagnostic.related[0][0])
    if not isinstance(call, ast.Call) or not isinstance(loop, ast.For):
        return None
    # Moved out of a condition, it would be sent more often; a value that a loop binds changes.
    if not always_runs(context, call, loop) or _names(call) & bound_names(loop):
        return None
    if not _is_pure(context, call.args[0]):
        return None
    value = " ".join(context.module.text.segment(call.args[0]).split())
    title = f"broadcast `{value}` once, before the loop"
    edits = _moved(context, call, loop) or _named(context, call, loop)
    return made(title, *edits) if edits else None


def _is_pure(context: MendedModule, value: ast.expr) -> bool:
    """Whether an expression certainly gives the same each time: it calls nothing but JAX."""
    called = [node.func for node in ast.walk(value) if isinstance(node, ast.Call)]
    return all((context.module.resolve(each) or "").startswith("jax.") for each in called)


def _names(call: ast.Call) -> set[str]:
    return {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}


def _moved(context: MendedModule, call: ast.Call, loop: ast.For) -> tuple[Edit, ...] | None:
    """`name = fed.broadcast(w)` is moved as it is, with the comment after it."""
    statement, function = context.parent(call), context.function_of(call)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or function is None:
        return None
    names = target_names(target_of(statement.targets[0]))
    text = on_one_line(context.module.text.segment(statement))
    if text is None or not has_own_lines(context, statement):
        return None
    if not names or not all(is_bound_once(function, name) for name in names):
        return None
    if _is_alone(context, statement):
        return None
    (first, _), (last, column) = context.start(statement), context.end(statement)
    comment = context.line(last)[column:].rstrip()
    return (
        context.inserted(front(context, loop), f"{indentation(context, loop)}{text}{comment}\n"),
        context.replaced((first, 0), (last + 1, 0), ""),
    )


def _is_alone(context: MendedModule, statement: ast.stmt) -> bool:
    """Whether a statement is the only one in its loop."""
    return getattr(context.parent(statement), "body", None) == [statement]


def _named(context: MendedModule, call: ast.Call, loop: ast.For) -> tuple[Edit, ...] | None:
    """A broadcast inside an expression is bound to a name in front of the loop."""
    function, text = context.function_of(call), on_one_line(context.module.text.segment(call))
    if function is None or text is None:
        return None
    name = name_at_clients(context, function, call.args[0])
    line = f"{indentation(context, loop)}{name} = {text}\n"
    return (
        context.inserted(front(context, loop), line),
        context.replaced(context.start(call), context.end(call), name),
    )
