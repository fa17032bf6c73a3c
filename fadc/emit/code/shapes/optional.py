"""Parentheses that an expression gets where a statement is too long for one line."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, Final

import libcst as cst

from fadc.emit.code.documents import Mark
from fadc.emit.code.shapes.base import (
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
from fadc.emit.code.shapes.breaking import can_omit
from fadc.emit.code.shapes.chains import Link, below, is_fluent


class Need(Enum):
    """The kinds of parentheses that an expression needs on several lines."""

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
    """The kind of parentheses that an expression needs below a node."""
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
        if isinstance(parent, cst.FunctionDef):  # It is the annotation of the result.
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
    """How a place treats the parentheses of an expression."""

    IF_BROKEN = auto()
    KEPT = auto()  # existing parentheses are kept
    WHOLE = auto()  # a name, too, gets them if it is too long, even if it does not fit then


def optional(node: Any, parent: Any, level: Mark = BARE, style: Style = Style.IF_BROKEN) -> Shape:
    """An expression with the parentheses that it needs if it is on several lines."""
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
