"""Sizes: sums of products of symbols with whole coefficients, such as ``2·d + |delta|``.

A symbol is an annotated dimension (``d``, or several axes, ``*batch``), a static name (``rounds``), the
number of elements of a value whose shape is not annotated (``|delta|``), how often a static condition
holds (``#(momentum)``), or a number of iterations (``⌈rounds/2⌉``).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fadc.analyses.evaluation import parsed, symbol_value

Monomial = tuple[str, ...]

_TERMS = 64
"""The largest number of terms to which a product is expanded."""


@dataclass(frozen=True)
class Size:
    """A sum of products of symbols, each with a whole coefficient."""

    terms: Mapping[Monomial, int] = field(default_factory=dict)

    def __add__(self, other: Size) -> Size:
        total = Counter(self.terms)
        total.update(other.terms)
        return Size({symbols: count for symbols, count in total.items() if count})

    def __sub__(self, other: Size) -> Size:
        return self + other.times(Size({(): -1}))

    def times(self, factor: Size) -> Size:
        total: Counter[Monomial] = Counter()
        for left, a in self.terms.items():
            for right, b in factor.terms.items():
                total[tuple(sorted((*left, *right)))] += a * b
        return Size({symbols: count for symbols, count in total.items() if count})

    def __str__(self) -> str:
        ordered = sorted(self.terms.items(), key=lambda item: (-len(item[0]), item[0]))
        text = ""
        for symbols, count in ordered:
            sign = " - " if count < 0 else " + "
            text += (sign if text else sign.strip(" +")) + _monomial(symbols, abs(count))
        return text or "0"

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols in the size, sorted."""
        return tuple(sorted({symbol for symbols in self.terms for symbol in symbols}))

    @property
    def constant(self) -> int | None:
        """The number that the size is, or None if it has symbols."""
        return None if self.symbols else sum(self.terms.values())

    def evaluated(self, values: Mapping[str, int]) -> int | None:
        """The number for these values of symbols; None if one is missing."""
        total = 0
        for symbols, count in self.terms.items():
            for symbol in symbols:
                value = symbol_value(symbol, values)
                if value is None:
                    return None
                count *= value
            total += count
        return total


ONE = Size({(): 1})


def _monomial(symbols: Monomial, count: int) -> str:
    text = "·".join(symbols)
    if not text:
        return str(count)
    return text if count == 1 else f"{count}·{text}"


def number(count: int) -> Size:
    return Size({(): count}) if count else Size()


def symbol(text: str) -> Size:
    """The size that an expression denotes: ``2*(n+1)`` is ``2·n + 2``. Other texts are symbols.

    An expression that is neither a sum nor a product, such as ``n // 2``, is one symbol, too.
    """
    node = parsed(text)
    return Size({(text,): 1}) if node is None else _multiplied_out(node)


def _multiplied_out(node: ast.expr) -> Size:
    match node:
        case ast.Constant(value=value) if isinstance(value, int):
            return number(int(value))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return Size() - _multiplied_out(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _multiplied_out(left) + _multiplied_out(right)
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _multiplied_out(left) - _multiplied_out(right)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            first, second = _multiplied_out(left), _multiplied_out(right)
            if len(first.terms) * len(second.terms) <= _TERMS:
                return first.times(second)
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=2)):
            return _multiplied_out(ast.BinOp(left, ast.Mult(), left))
    text = ast.unparse(node)
    known = symbol_value(text, {})
    if known is not None:
        return number(known)
    return Size({(f"({text})" if isinstance(node, ast.BinOp | ast.IfExp) else text,): 1})


def total(sizes: Iterable[Size]) -> Size:
    """The sum of many sizes."""
    found: Counter[Monomial] = Counter()
    for size in sizes:
        found.update(size.terms)
    return Size({symbols: count for symbols, count in found.items() if count})
