"""Which values of a server expression must be scalars where the whole is one."""

from __future__ import annotations

import ast
from functools import cache


@cache
def elementwise_operands(source: str) -> frozenset[str]:
    """The names that arithmetic combines element by element into the whole expression.

    Arrays broadcast: the whole has no axes only where none of these has any.
    """
    found: set[str] = set()
    waiting: list[ast.expr] = [ast.parse(f"({source}\n)", mode="eval").body]
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
