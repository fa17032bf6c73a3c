"""F-strings as calls of ``str.format``, so that expressions can replace the names in them.

An expression in an f-string must not contain its quotes, nor begin with a brace:

    f"{key}_{n:>3}"      becomes      "{}_{:>3}".format(settings["key"], n)
"""

from __future__ import annotations

import ast


def format_call(node: ast.JoinedStr) -> tuple[str, list[ast.expr]]:
    """The string whose ``format`` is called, and the arguments in the order of its fields."""
    parts: list[str] = []
    arguments: list[ast.expr] = []
    for value in node.values:
        if isinstance(value, ast.FormattedValue):
            field, inner = _field(value)
            parts.append(field)
            arguments += inner
        elif isinstance(value, ast.Constant) and isinstance(value.value, str):
            parts.append(value.value.replace("{", "{{").replace("}", "}}"))
    return "".join(parts), arguments


def _field(value: ast.FormattedValue) -> tuple[str, list[ast.expr]]:
    conversion = f"!{chr(value.conversion)}" if value.conversion >= 0 else ""
    if not isinstance(value.format_spec, ast.JoinedStr):
        return f"{{{conversion}}}", [value.value]
    specification, inner = format_call(value.format_spec)
    return f"{{{conversion}:{specification}}}", [value.value, *inner]


def outermost(node: ast.expr) -> list[ast.JoinedStr]:
    """The f-strings of an expression that are not inside another one."""
    found: list[ast.JoinedStr] = []
    stack: list[ast.AST] = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, ast.JoinedStr):
            found.append(current)
        else:
            stack.extend(ast.iter_child_nodes(current))
    return found
