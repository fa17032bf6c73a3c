"""Where lines break first: before which operators, or between which brackets."""

from __future__ import annotations

from typing import Any, Final

import libcst as cst

from fadc.emit.code.shapes.base import is_parenthesized
from fadc.emit.code.shapes.chains import Link, below


def can_omit(node: Any) -> bool:
    """Whether an expression may break between its own brackets only.

    f(x) + g(y)  may, as it ends with brackets; a + b + c  may not: its lines break before ``+``.
    """
    seen = _Seen()
    seen.inside(node)
    if not seen.any_brackets or seen.count > 1:
        return False
    if seen.rank <= _ATTRIBUTE:
        return True
    return any(
        end is not None and not isinstance(end, cst.Subscript) and has_brackets(end)
        for end in (seen.last, seen.first)
    )


def has_brackets(node: Any) -> bool:
    """Whether an expression has nonempty brackets, or is in parentheses."""
    if is_parenthesized(node):
        return True
    match node:
        case cst.List() | cst.Set() | cst.Dict():
            return bool(node.elements)
        case cst.Tuple():
            return bool(node.lpar and node.elements)
        case cst.Call():
            return bool(node.args)
        case cst.GeneratorExp():
            return bool(node.lpar)
    return isinstance(node, cst.ListComp | cst.SetComp | cst.DictComp | cst.Subscript)


def has_own_brackets(node: Any) -> bool:
    """Whether an expression has brackets, even empty ones."""
    if isinstance(node, cst.Tuple | cst.GeneratorExp):
        return bool(node.lpar)
    return isinstance(node, _BRACKETED | cst.Call | cst.Subscript)


_BRACKETED = cst.Dict | cst.List | cst.Set | cst.ListComp | cst.SetComp | cst.DictComp

_ATTRIBUTE = 1
_RANKS: Final[dict[type[cst.CSTNode], int]] = {
    cst.Power: 2,
    cst.BitInvert: 3,
    cst.Multiply: 4,
    cst.MatrixMultiply: 4,
    cst.Divide: 4,
    cst.Modulo: 4,
    cst.FloorDivide: 4,
    cst.Add: 5,
    cst.Subtract: 5,
    cst.LeftShift: 6,
    cst.RightShift: 6,
    cst.BitAnd: 7,
    cst.BitXor: 8,
    cst.BitOr: 9,
    cst.Comparison: 10,
    cst.And: 11,
    cst.Or: 11,
    cst.IfExp: 12,
}
"""Lines break first before operators of a high rank."""


def rank(operator: cst.CSTNode) -> int:
    """How early lines break before an operator."""
    return _RANKS.get(type(operator), _RANKS[cst.Comparison])


class _Seen:
    """What was found in an expression: its loosest operators, its first and its last part."""

    def __init__(self) -> None:
        self.rank, self.count, self.any_brackets = 0, 0, False
        self.first: Any = None
        self.last: Any = None
        self.began = False

    def visit(self, node: Any) -> None:
        self.last = node
        if is_parenthesized(node):
            self.any_brackets = True
        else:
            self.inside(node)
        self.begin(node)

    def begin(self, node: Any) -> None:
        if not self.began:
            self.first, self.began = node, True

    def operators(self, rank: int, count: int = 1) -> None:
        if rank > self.rank:
            self.rank, self.count = rank, count
        elif rank == self.rank:
            self.count += count

    def inside(self, node: Any) -> None:
        match node:
            case cst.Attribute() | cst.Call() | cst.Subscript():
                self._link(node)
            case (
                cst.Dict()
                | cst.List()
                | cst.Set()
                | cst.ListComp()
                | cst.SetComp()
                | cst.DictComp()
            ):
                self.any_brackets = True
            case cst.Tuple() | cst.GeneratorExp() if node.lpar:
                self.any_brackets = True
            case _:
                self._operation(node)

    def _link(self, node: Link) -> None:
        self.any_brackets |= not isinstance(node, cst.Attribute)
        self.visit(below(node))
        if isinstance(node, cst.Attribute) and (
            has_brackets(node.value) or has_own_brackets(node.value)
        ):
            self.operators(_ATTRIBUTE)
        self.last = node

    def _operation(self, node: Any) -> None:
        match node:
            case cst.BinaryOperation() | cst.BooleanOperation():
                self.operators(rank(node.operator))
            case cst.IfExp():
                self.operators(_RANKS[cst.IfExp], 2)
            case cst.Comparison():
                self.operators(_RANKS[cst.Comparison], len(node.comparisons))
            case cst.UnaryOperation():
                if isinstance(node.operator, cst.BitInvert):
                    self.operators(_RANKS[cst.BitInvert])
                self.begin(None)
            case cst.Lambda() | cst.Await() | cst.Yield() | cst.StarredElement():
                self.begin(None)
        for part in _operands(node):
            self.visit(part)


def _operands(node: Any) -> list[Any]:
    """The operands of an operation, from left to right."""
    match node:
        case cst.BinaryOperation() | cst.BooleanOperation():
            return [node.left, node.right]
        case cst.Comparison():
            return [node.left, *(each.comparator for each in node.comparisons)]
        case cst.IfExp():
            return [node.body, node.test, node.orelse]
        case cst.UnaryOperation() | cst.Await():
            return [node.expression]
        case cst.Lambda():
            return [node.body]
        case cst.NamedExpr():
            return [node.target, node.value]
        case cst.StarredElement() | cst.Element():
            return [node.value]
        case cst.Yield(value=value):
            return [] if value is None else [value.item if isinstance(value, cst.From) else value]
        case cst.Tuple():
            return [each.value for each in node.elements]
    return []
