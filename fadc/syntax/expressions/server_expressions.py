"""Server expressions: the values that they read, errors in them, and their text over parameters."""

from __future__ import annotations

import ast

from fadc.ir import (
    Apply,
    Expression,
    Leaf,
    Literal,
    Placement,
    Tree,
    Value,
)
from fadc.ir.source_text import enclosed
from fadc.syntax.expressions.arrays import array_of, is_filled
from fadc.syntax.expressions.contents import Contents, read_contents
from fadc.syntax.expressions.displays import display_text
from fadc.syntax.scope.bindings import POISON, Made
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import assigned
from fadc.syntax.source import names
from fadc.syntax.source.bound_names import Target


def read_object(scope: Scope, node: ast.expr, suffix: str, certain: bool) -> Made | Value | None:
    """An expression whose text replaces its name where that is used; None if it is static."""
    before = len(scope.operations)
    reading = read_contents(scope, node, Contents(scope.identifiers, unique=True))
    if reading.failed:
        return POISON
    if not reading.is_placed:
        del scope.operations[before:]
        return None
    arguments = _inline_nodes(reading)
    source = f"{enclosed(scope.module.text.splice(node, reading.replacements))}{suffix}"
    return Made(source, tuple(arguments.items()), node, certain)


def lower_expression(scope: Scope, node: ast.expr, target: Target, hint: str) -> Tree:
    """Any other expression: local code at the server, or a static value."""
    reading = read_contents(scope, node, Contents(_identifiers(node)))
    if reading.failed:
        return POISON
    text, at_server = scope.module.text, reading.is_placed
    arguments = _inline_nodes(reading)
    source = text.splice(node, reading.replacements)
    span = text.span(node)
    if not arguments and not at_server:
        return Literal(source)
    where = Placement.SERVER if at_server else Placement.STATIC
    array = array_of(scope, node) if at_server else None
    result = assigned(target, Leaf(where, array), span, hint)
    function = Expression(
        text.with_comments(node, source), tuple(arguments), flat=is_filled(scope, node)
    )
    scope.emit(Apply(function, tuple(arguments.values()), result, where, span))
    return result


def _inline_nodes(reading: Contents) -> dict[str, Tree]:
    """The arguments of an expression; composites become displays of their parts in its text."""
    taken = reading.taken
    arguments: dict[str, Tree] = {}
    displays: dict[str, str] = {}
    for name, tree in reading.arguments.items():
        if isinstance(tree, Value):
            arguments[name] = tree
        else:
            displays[name] = display_text(tree, arguments, taken)
    reading.replacements[:] = [
        *((inner, displays.get(text, text)) for inner, text in reading.replacements),
        *((name, displays[name.id]) for name in reading.named if name.id in displays),
    ]
    return arguments


def _identifiers(root: ast.expr) -> set[str]:
    return {n.id for n, _, _ in names.visit(root) if isinstance(n, ast.Name)}
