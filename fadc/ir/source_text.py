"""The source text of local code: its tree, its one spelling, the operands of its arithmetic."""

from __future__ import annotations

import ast
from functools import cache, lru_cache


@lru_cache(maxsize=4096)
def parsed(source: str) -> ast.expr:
    """The tree of an expression, for those who only read it."""
    return ast.parse(f"({source}\n)", mode="eval").body


@lru_cache(maxsize=4096)
def spelled(source: str) -> str:
    """An expression in one spelling, so that parentheses, comments and line breaks make no difference."""
    return ast.unparse(parsed(source))


def enclosed(source: str) -> str:
    """An expression that may stand for a name: in parentheses unless it holds together without."""
    if not isinstance(parsed(source), _HELD):
        return f"({source})"
    try:
        ast.parse(source, mode="eval")  # Lines may break between the parentheses around it only.
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

    Arrays broadcast: the whole has no axes only where none of these has any.
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
