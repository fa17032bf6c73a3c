"""The source text of local code: syntax tree, canonical spelling, operands of its arithmetic."""

from __future__ import annotations

import ast
from functools import cache, lru_cache


@lru_cache(maxsize=4096)
def parsed(source: str) -> ast.expr:
    """The syntax tree of an expression. It is cached: only read it."""
    return ast.parse(f"({source}\n)", mode="eval").body


@lru_cache(maxsize=4096)
def spelled(source: str) -> str:
    """An expression in canonical spelling, independent of parentheses, comments and line breaks."""
    return ast.unparse(parsed(source))


def enclosed(source: str) -> str:
    """An expression to put in place of a name: in parentheses where precedence may require them."""
    if not isinstance(parsed(source), _HELD):
        return f"({source})"
    try:
        ast.parse(source, mode="eval")  # Line breaks may need parentheses around them.
    except SyntaxError:
        return f"({source})"
    return source


_HELD = (
    ast.Attribute
    | ast.Call
    | ast.Constant
    | ast.Dict
    | ast.JoinedStr
    | ast.List
    | ast.ListComp
    | ast.Name
    | ast.Set
    | ast.Subscript
)


@cache
def elementwise_operands(source: str) -> frozenset[str]:
    """The names that arithmetic combines element by element into the whole expression.

    Since arrays broadcast, the whole is a scalar only if all of these are.
    """
    found: set[str] = set()
    waiting: list[ast.expr] = [parsed(source)]
    while waiting:
        match waiting.pop():
            case ast.Name(id=name):
                found.add(name)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                waiting.append(operand)
            case ast.BinOp(
                op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), left=left, right=right
            ):
                waiting += [left, right]
    return frozenset(found)
