"""The shapes of operations: lines break before their operators, the loosest ones first.

(
    first_term * weight
    + second_term
    + third_term
)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

from fadc.emit.code.documents import (
    Document,
    IfBroken,
    Line,
    Mark,
    group,
)
from fadc.emit.code.precedence import is_power, is_simple, parenthesized
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.base import (
    BARE,
    INSIDE,
    NO_SPACE,
    ONE_SPACE,
    Shape,
    bare,
    code,
    is_parenthesized,
    shape,
    soft_group,
    soft_line,
    without_parentheses,
)
from fadc.emit.code.shapes.breaking import rank
from fadc.emit.code.shapes.optional import Style, optional
from fadc.emit.code.shapes.spaces import gap, plain, space

# Binary operations -----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Operator:
    """An operator between two operands: its rank, and the lines before and after it."""

    text: str
    rank: int
    line: Line | str
    after: Line | None  # If a comment follows it.
    tight: bool  # It is a power of simple operands.
    level: Mark

    def document(self) -> Document:
        if self.after:
            return (self.line, self.text, self.after)
        if not self.tight:
            return (self.line, self.text, " ")
        if self.level is BARE:
            return self.text
        return (self.line, self.text, IfBroken(" ", None if self.level is INSIDE else self.level))

    def spaces(self, at: Decisions) -> dict[str, Any]:
        """The whitespace around it: ``x**2`` on a line, ``** 2`` where lines break before it."""
        broken = at.breaks(None if self.level is INSIDE else self.level, self.line in at.columns)
        behind = plain("" if self.tight and not broken else " ")
        after = space(self.after, at) if self.after else behind
        return {"whitespace_before": space(self.line, at), "whitespace_after": after}


@bare.register(cst.BinaryOperation)
@bare.register(cst.BooleanOperation)
@bare.register(cst.Comparison)
def _(node: Any, level: Mark) -> Shape:
    """Operands and operators of nested operations, in one row."""
    row: list[Shape | _Operator] = []
    _add_row(row, node, level)
    document = soft_group(level, _broken_by_rank(row, level))
    return Shape(document, lambda at: _operation(node, at, iter(row)))


def _add_row(row: list[Shape | _Operator], node: Any, level: Mark, top: bool = True) -> None:
    """Add the operands and operators of a tree of operations, from left to right."""
    if not _is_operation(node) or (is_parenthesized(node) and not top):
        row.append(shape(node, level))
        return
    _add_row(row, node.left, level, top=False)
    for operator, left, right in _operators(node):
        row.append(_made(operator, left, right, level))
        _add_row(row, right, level, top=False)


def _is_operation(node: Any) -> bool:
    return isinstance(node, cst.BinaryOperation | cst.BooleanOperation | cst.Comparison)


def _operators(node: Any) -> list[tuple[Any, Any, Any]]:
    """The operators of one operation, each with its left and right operand."""
    if not isinstance(node, cst.Comparison):
        return [(node.operator, node.left, node.right)]
    lefts = [node.left, *(each.comparator for each in node.comparisons)]
    return [
        (each.operator, left, each.comparator)
        for each, left in zip(node.comparisons, lefts, strict=False)
    ]


def _made(operator: Any, left: Any, right: Any, level: Mark) -> _Operator:
    """An operator, which has one word or two, like ``not in``."""
    power = isinstance(operator, cst.Power)
    tight = power and is_simple(_last(left)) and is_simple(_first(right))
    spaces, after = [operator.whitespace_before], gap(operator.whitespace_after)
    if after.behind and not after.own:  # It moves to the end of the line before.
        spaces, after = [*spaces, operator.whitespace_after], gap()
    line = soft_line(level, *spaces, flat="" if tight else " ")
    bare_operator = operator.with_changes(whitespace_before=NO_SPACE, whitespace_after=NO_SPACE)
    text = " ".join(code(bare_operator).split())
    return _Operator(text, rank(operator), line, after if after.hard else None, tight, level)


def _last(node: Any) -> Any:
    while _is_operation(node) and not node.lpar:
        node = node.comparisons[-1].comparator if isinstance(node, cst.Comparison) else node.right
    return node


def _first(node: Any) -> Any:
    while _is_operation(node) and not node.lpar:
        node = node.left
    return node


def _broken_by_rank(row: Sequence[Shape | _Operator], level: Mark) -> Document:
    """Lines before the operators of the highest rank, with the parts between them in groups."""
    highest = max(each.rank for each in row if isinstance(each, _Operator))
    parts: list[Document] = []
    between: list[Shape | _Operator] = []
    for each in row:
        if isinstance(each, _Operator) and each.rank == highest:
            parts += [_between(between, level), each.document()]
            between = []
        else:
            between.append(each)
    return (*parts, _between(between, level))


def _between(row: Sequence[Shape | _Operator], level: Mark) -> Document:
    if len(row) == 1:
        return row[0].document  # type: ignore[return-value]
    return soft_group(level, _broken_by_rank(row, level))


def _operation(node: Any, at: Decisions, row: Iterator[Any], top: bool = True) -> Any:
    """The tree of operations, rebuilt from the row."""
    if not _is_operation(node) or (is_parenthesized(node) and not top):
        return next(row).build(at)
    left, node = _operation(node.left, at, row, top=False), without_parentheses(node)
    if isinstance(node, cst.Comparison):
        targets = [_compared(each, at, row) for each in node.comparisons]
        return node.with_changes(left=left, comparisons=targets)
    operator = node.operator.with_changes(**next(row).spaces(at))
    right = _operation(node.right, at, row, top=False)
    return node.with_changes(left=left, operator=operator, right=right)


def _compared(node: cst.ComparisonTarget, at: Decisions, row: Iterator[Any]) -> Any:
    changes = next(row).spaces(at)
    if isinstance(node.operator, cst.NotIn | cst.IsNot):
        changes["whitespace_between"] = ONE_SPACE
    operator = node.operator.with_changes(**changes)
    comparator = _operation(node.comparator, at, row, top=False)
    return node.with_changes(operator=operator, comparator=comparator)


# Operations with one operand, or three ---------------------------------------------------------


@bare.register
def _(node: cst.UnaryOperation, level: Mark) -> Shape:
    """``-x``; a power below it has parentheses: ``-(x**2)``."""
    operand = node.expression
    operand = parenthesized(operand) if is_power(operand) and not operand.lpar else operand
    inner, word = shape(operand, level), isinstance(node.operator, cst.Not)
    operator = node.operator.with_changes(whitespace_after=ONE_SPACE if word else NO_SPACE)

    def build(at: Decisions) -> Any:
        changes = {"operator": operator, "expression": inner.build(at)}
        return without_parentheses(node).with_changes(**changes)

    return Shape((code(operator), inner.document), build)


@bare.register
def _(node: cst.Await, level: Mark) -> Shape:
    inner = optional(node.expression, node, level)

    def build(at: Decisions) -> Any:
        changes = {"expression": inner.build(at), "whitespace_after_await": ONE_SPACE}
        return without_parentheses(node).with_changes(**changes)

    return Shape(("await ", inner.document), build)


@bare.register
def _(node: cst.Yield, level: Mark) -> Shape:
    """``yield x`` or ``yield from x``."""
    value = node.value
    if value is None:
        return Shape("yield", lambda _: without_parentheses(node))
    is_from = isinstance(value, cst.From)
    operand = value.item if isinstance(value, cst.From) else value
    inner = optional(operand, node, level, Style.KEPT)

    def build(at: Decisions) -> Any:
        made = inner.build(at)
        made = cst.From(made, whitespace_after_from=ONE_SPACE) if is_from else made
        changes = {"value": made, "whitespace_after_yield": ONE_SPACE}
        return without_parentheses(node).with_changes(**changes)

    return Shape(("yield from " if is_from else "yield ", inner.document), build)


@bare.register
def _(node: cst.NamedExpr, level: Mark) -> Shape:
    line, value = soft_line(level), shape(node.value, level)
    target = shape(node.target, level)

    def build(at: Decisions) -> Any:
        spaces = {"whitespace_before_walrus": space(line, at), "whitespace_after_walrus": ONE_SPACE}
        changes = {"target": target.build(at), "value": value.build(at)}
        return without_parentheses(node).with_changes(**changes, **spaces)

    return Shape((group((target.document, line)), ":= ", value.document), build)


@bare.register
def _(node: cst.IfExp, level: Mark) -> Shape:
    """``body if test else orelse``; conditionals after ``else`` break together with it."""
    made = _conditional(node, level)
    return Shape(soft_group(level, made.document), made.build)


def _conditional(node: cst.IfExp, level: Mark) -> Shape:
    body, test = shape(node.body, level), shape(node.test, level)
    if isinstance(node.orelse, cst.IfExp) and not is_parenthesized(node.orelse):
        orelse = _conditional(node.orelse, level)
        last: Document = orelse.document
    else:
        orelse = shape(node.orelse, level)
        last = soft_group(level, orelse.document)
    first = soft_line(level, node.whitespace_before_if, node.whitespace_after_if)
    second = soft_line(level, node.whitespace_before_else, node.whitespace_after_else)

    def build(at: Decisions) -> Any:
        return without_parentheses(node).with_changes(
            body=body.build(at),
            test=test.build(at),
            orelse=orelse.build(at),
            whitespace_before_if=space(first, at),
            whitespace_after_if=ONE_SPACE,
            whitespace_before_else=space(second, at),
            whitespace_after_else=ONE_SPACE,
        )

    return Shape((body.document, first, "if ", test.document, second, "else ", last), build)
