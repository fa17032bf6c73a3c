"""Fixes that turn a captured value into an argument of the mapped function (FAD201 and FAD211)."""

from __future__ import annotations

import ast
from collections.abc import Callable

from fadc.diagnostics import Diagnostic, Edit, Fix
from fadc.fixes.arguments import argument_inserted, last_argument_removed, parameter_inserted
from fadc.fixes.context import MendedModule, made
from fadc.syntax.source.names import parameters, positional

Argument = Callable[[str], str]
"""Maps a value's text to the text of the argument that passes it to the clients."""


def passed(
    context: MendedModule, diagnostic: Diagnostic, title: str, argument: Argument
) -> Fix | None:
    """The fix that passes the captured value to `fed.map` instead."""
    node = context.at(diagnostic)
    call = context.call_of("map", node) if isinstance(node, ast.expr) else None
    if call is None or not isinstance(node, ast.expr):
        return None
    edits = _edits(context, call, node, argument)
    return made(title, *edits) if edits else None


def _edits(
    context: MendedModule, call: ast.Call, node: ast.expr, argument: Argument
) -> tuple[Edit, ...] | None:
    function, parent = call.args[0], context.parent(node)
    if isinstance(parent, ast.keyword) and parent in call.keywords:
        return _keyword_to_argument(context, call, parent, argument)
    if not isinstance(node, ast.Name):
        return None
    if isinstance(function, ast.Lambda):
        return _into_lambda(context, call, function, node, argument)
    if isinstance(function, ast.Call) and node in function.args[1:][-1:]:
        return _out_of_partial(context, call, function, node, argument)
    return None


def _into_lambda(
    context: MendedModule, call: ast.Call, function: ast.Lambda, node: ast.Name, argument: Argument
) -> tuple[Edit, ...] | None:
    """`lambda x: x @ w` becomes `lambda w, x: x @ w`, after what is broadcast already."""
    inside = function.body is node or function.body in context.nodes.around(node)
    if not inside or node.id in parameters(function):
        return None
    index = _leading_broadcasts(context, call)
    parameter = parameter_inserted(context, function, index, node.id)
    if parameter is None:
        return None
    return parameter, *argument_inserted(context, call, index + 1, argument(node.id))


def _leading_broadcasts(context: MendedModule, call: ast.Call) -> int:
    """The number of arguments right after the function that are calls of broadcast."""
    count = 0
    for given in call.args[1:]:
        if not isinstance(given, ast.Call):
            break
        if context.module.primitive(given.func) != "broadcast":
            break
        count += 1
    return count


def _out_of_partial(
    context: MendedModule, call: ast.Call, partial: ast.Call, node: ast.Name, argument: Argument
) -> tuple[Edit, ...] | None:
    """`partial(f, w)` with further arguments is `f` with `w` before them."""
    inserted = argument_inserted(context, call, 1, argument(node.id))
    if len(partial.args) > 2 or partial.keywords:
        removed = last_argument_removed(context, partial)
        return None if removed is None else (removed, *inserted)
    if "#" in context.between(context.start(partial), context.end(partial)):
        return None
    function = context.module.text.segment(partial.args[0])
    if isinstance(partial.args[0], ast.Lambda):
        function = f"({function})"
    whole = context.replaced(context.start(partial), context.end(partial), function)
    return whole, *inserted


def _keyword_to_argument(
    context: MendedModule, call: ast.Call, keyword: ast.keyword, argument: Argument
) -> tuple[Edit, ...] | None:
    """`fed.map(f, x, lr=lr)` becomes `fed.map(f, x, fed.broadcast(lr))` if `f` takes it there."""
    definition = _definition(context, call)
    if definition is None or call.keywords[0] is not keyword:
        return None
    if positional(definition)[len(call.args) - 1 : len(call.args)] != [keyword.arg]:
        return None
    start, value = context.start(keyword), context.start(keyword.value)
    gap = context.between(start, value)
    if gap.strip() != f"{keyword.arg}=":
        return None
    before, _, after = argument("…").partition("…")
    return context.replaced(start, value, before), context.inserted(
        context.end(keyword.value), after
    )


def _definition(context: MendedModule, call: ast.Call) -> ast.FunctionDef | None:
    """The plain function of this module that a call maps; not a decorated one."""
    function, module = call.args[0], context.module
    if not isinstance(function, ast.Name) or module.names.get(function.id) != 1:
        return None
    definition = module.function(function)
    if definition is None or definition.decorator_list or definition.args.vararg:
        return None
    return definition
