"""Sizes: sums of products of symbols with whole coefficients, such as ``2·d + |delta|``.

A symbol is an annotated dimension (``d``), a static name (``rounds``), the number of elements of a
value whose shape is not annotated (``|delta|``), how often a static condition holds
(``#(momentum)``), or a number of iterations (``⌈rounds/2⌉``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Monomial = tuple[str, ...]


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
        """The symbols in it, sorted."""
        return tuple(sorted({symbol for symbols in self.terms for symbol in symbols}))

    @property
    def constant(self) -> int | None:
        """The number that it is, if it is one."""
        return None if self.symbols else sum(self.terms.values())

    def evaluated(self, values: Mapping[str, int]) -> int | None:
        """The number for these values of its symbols; None where one is not known."""
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
    """A number, or the symbol of this name."""
    return number(int(text)) if text.isdecimal() else Size({(text,): 1})


def total(sizes: Iterable[Size]) -> Size:
    return sum(sizes, Size())


def symbol_value(text: str, values: Mapping[str, int]) -> int | None:
    """What a symbol stands for: given by its name, ``|w|`` also as ``w``, or computed from others."""
    for name in (text, text.strip("|")):
        if name in values:
            return values[name]
    if text.isdecimal():
        return int(text)
    if match := re.fullmatch(r"⌈(.+)/(\d+)⌉", text):
        inner = symbol_value(match[1], values)
        return None if inner is None else -(-inner // int(match[2]))
    if match := re.fullmatch(r"len\(range\((.+)\)\)", text):
        parts = [symbol_value(part.strip(), values) for part in match[1].split(",")]
        known = [part for part in parts if part is not None]
        return len(range(*known)) if len(known) == len(parts) else None
    if match := re.fullmatch(r"(\w+) ?([-+*]) ?(\w+)", text):
        left, right = (symbol_value(each, values) for each in (match[1], match[3]))
        if left is None or right is None:
            return None
        return {"+": left + right, "-": left - right, "*": left * right}[match[2]]
    return None
