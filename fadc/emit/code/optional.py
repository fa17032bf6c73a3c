"""Parentheses that an expression gets where a statement is too long for one line."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, Final

import libcst as cst

from fadc.emit.code.chains import Link, below, is_fluent
from fadc.emit.code.documents import Mark
from fadc.emit.code.shapes import (
    BARE,
    INSIDE,
    Shape,
    bare,
    has_comments_in_parentheses,
    in_own_parentheses,
    is_parenthesized,
    parenthesized_if_broken,
    parenthesized_if_it_fits,
)


class Need(Enum):
    """Which parentheses an expression needs to stand on several lines."""

    ALWAYS = auto()  # even on one line
    BROKEN = auto()  # where its lines break
    FITTING = auto()  # if it fits with them and does not without
    NEVER = auto()  # it has brackets of its own


_NEEDS: Final[dict[type[cst.CSTNode], Need]] = {
    cst.BinaryOperation: Need.BROKEN,
    cst.BooleanOperation: Need.BROKEN,
    cst.Comparison: Need.BROKEN,
    cst.ConcatenatedString: Need.BROKEN,
    cst.IfExp: Need.BROKEN,
    cst.Lambda: Need.BROKEN,
    cst.StarredElement: Need.BROKEN,
    cst.Ellipsis: Need.FITTING,
    cst.Float: Need.FITTING,
    cst.Imaginary: Need.FITTING,
    cst.Integer: Need.FITTING,
    cst.Name: Need.FITTING,
}


def needed(node: Any, parent: Any) -> Need:
    """Which parentheses an expression needs below a node."""
    match node:
        case cst.Attribute() | cst.Call() | cst.Subscript():
            return _of_chain(node, parent)
        case cst.UnaryOperation(expression=operand) | cst.Await(expression=operand):
            return Need.NEVER if is_parenthesized(operand) else needed(operand, node)
        case cst.SimpleString() | cst.FormattedString():
            return Need.NEVER if _is_multiline(node) else Need.FITTING
        case cst.NamedExpr():
            return Need.BROKEN if isinstance(parent, cst.If | cst.While) else Need.ALWAYS
        case cst.Yield(value=value):
            return _of_yield(node, value, parent)
    return _NEEDS.get(type(node), Need.NEVER)


def _is_multiline(node: cst.SimpleString | cst.FormattedString) -> bool:
    parts = node.parts if isinstance(node, cst.FormattedString) else [node]
    return any("\n" in getattr(part, "value", "") for part in parts)


def _of_chain(node: Link, parent: Any) -> Need:
    if is_fluent(node):
        return Need.BROKEN
    if is_parenthesized(below(node)):
        return Need.NEVER
    need = needed(below(node), node)
    if need is Need.FITTING and isinstance(node, cst.Subscript):
        if isinstance(parent, cst.FunctionDef):  # It is the annotation of what is returned.
            has_parameters = any(True for _ in _parameters(parent.params))
            return Need.NEVER if has_parameters else Need.BROKEN
    return need


def _parameters(node: cst.Parameters) -> Iterator[cst.Param]:
    yield from (*node.posonly_params, *node.params, *node.kwonly_params)
    yield from (each for each in (node.star_arg, node.star_kwarg) if isinstance(each, cst.Param))


def _of_yield(node: cst.Yield, value: Any, parent: Any) -> Need:
    if not isinstance(parent, cst.Assign | cst.AnnAssign | cst.AugAssign):
        return Need.ALWAYS
    value = value.item if isinstance(value, cst.From) else value
    if value is None or is_parenthesized(value):
        return Need.NEVER
    need = needed(value, node)
    return Need.NEVER if need is Need.FITTING else need


class Style(Enum):
    """What a place does with the parentheses of an expression."""

    IF_BROKEN = auto()
    KEPT = auto()  # those that are there stay
    WHOLE = auto()  # a name too gets them if it is too long, whether it fits then or not


def optional(node: Any, parent: Any, level: Mark = BARE, style: Style = Style.IF_BROKEN) -> Shape:
    """An expression with the parentheses that it needs to stand on several lines, if it does."""
    if has_comments_in_parentheses(node) or (style is Style.KEPT and is_parenthesized(node)):
        return in_own_parentheses(node, level) if is_parenthesized(node) else bare(node, level)
    need = needed(node, parent)
    if need is Need.ALWAYS:
        return in_own_parentheses(node, level)
    if level is not BARE:
        return bare(node, level)
    if need is Need.BROKEN or (need is Need.FITTING and style is Style.WHOLE):
        return if_broken(node)
    if need is Need.FITTING and style is Style.IF_BROKEN:
        mark = Mark()
        return parenthesized_if_it_fits(bare(node, mark), mark)
    return bare(node, level)


def if_broken(node: Any) -> Shape:
    """An expression that gets parentheses if it is broken, and its own brackets do not suffice."""
    mark = Mark()
    content = bare(node, mark if can_omit(node) else INSIDE)
    return parenthesized_if_broken(content, mark)


# Whether the brackets of an expression suffice -------------------------------------------------


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
    """Whether an expression has brackets with something in them, or stands in parentheses."""
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
    """Whether an expression has brackets, if only empty ones."""
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
    """What has been seen of an expression: its loosest operators, its first and its last part."""

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
