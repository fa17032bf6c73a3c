"""The values of symbols: given by name, or computed from the symbols in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from keyword import iskeyword

_BITS = 256
"""The most bits of a computed number: a size has fewer, and a power could have any number."""

_OPERATORS: dict[type[ast.operator], Callable[[int, int], int | None]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b if b else None,
    ast.Div: lambda a, b: a // b if b and a % b == 0 else None,
    ast.Mod: lambda a, b: a % b if b else None,
    ast.Pow: lambda a, b: a**b if 0 <= b <= _BITS and a.bit_length() * b <= _BITS else None,
}
_FUNCTIONS: dict[str, Callable[..., int]] = {"min": min, "max": max, "abs": abs}


def symbol_value(text: str, values: Mapping[str, int]) -> int | None:
    """The value of a symbol: ``|w|`` may also be given as ``w``, and ``*batch`` as ``batch``."""
    for name in (text, text.strip("|"), text.removeprefix("*")):
        if name in values:
            return values[name]
    if text.startswith(("|", "*")) or (text.isidentifier() and not iskeyword(text)):
        return None  # It is made of nothing else.
    if match := re.fullmatch(r"⌈(.+)/(\d+)⌉", text):
        inner = symbol_value(match[1], values)
        return None if inner is None else -(-inner // int(match[2]))
    node = parsed(text)
    return None if node is None else _value(node, values)


@lru_cache(maxsize=1024)
def parsed(text: str) -> ast.expr | None:
    """The syntax tree of a text, if it is an expression."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _value(node: ast.expr, values: Mapping[str, int]) -> int | None:
    """The whole number that an expression gives; None if it is none or not known."""
    match node:
        case ast.Constant(value=int() as value):
            return value if value.bit_length() <= _BITS else None
        case ast.Name() | ast.Attribute():
            return values.get(ast.unparse(node))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _value(operand, values)
            return None if inner is None else -inner
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            pair = _all((left, right), values)
            return None if pair is None else _OPERATORS[type(op)](*pair)
        case ast.Call(func=ast.Name("len"), args=[ast.Call(func=ast.Name("range"), args=args)]):
            known = _all(args, values)
            return None if not known or 0 in known[2:] else len(range(*known[:3]))
        case ast.Call(func=ast.Name(name), args=[_, *_] as args) if name in _FUNCTIONS:
            known = _all(args, values)
            if known is None or (name == "abs") is (len(known) > 1):
                return None
            return _FUNCTIONS[name](*known)
    return None


def _all(
    nodes: tuple[ast.expr, ...] | list[ast.expr], values: Mapping[str, int]
) -> list[int] | None:
    found = [_value(node, values) for node in nodes]
    known = [each for each in found if each is not None]
    return known if len(known) == len(found) else None
