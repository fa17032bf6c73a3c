"""Parentheses where precedence requires them: libcst itself adds none.

a + b  as the left operand of * c   →  (a + b) * c
lambda: x  as the function called   →  (lambda: x)()
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import Any, Final

import libcst as cst


class Binding(IntEnum):
    """The precedence of expressions, the loosest first."""

    WALRUS = auto()
    YIELD = auto()
    TUPLE = auto()  # without its parentheses
    TEST = auto()  # lambdas and conditionals
    OR = auto()
    AND = auto()
    NOT = auto()
    COMPARISON = auto()
    BIT_OR = auto()
    BIT_XOR = auto()
    BIT_AND = auto()
    SHIFT = auto()
    SUM = auto()
    PRODUCT = auto()
    POWER = auto()
    SIGN = auto()  # ruff writes -(x**2)
    AWAIT = auto()
    PRIMARY = auto()  # calls, attributes, subscripts and everything in brackets


OPERATORS: Final[dict[type[cst.BaseBinaryOp | cst.BaseBooleanOp | cst.BaseUnaryOp], Binding]] = {
    cst.Or: Binding.OR,
    cst.And: Binding.AND,
    cst.Not: Binding.NOT,
    cst.BitOr: Binding.BIT_OR,
    cst.BitXor: Binding.BIT_XOR,
    cst.BitAnd: Binding.BIT_AND,
    cst.LeftShift: Binding.SHIFT,
    cst.RightShift: Binding.SHIFT,
    cst.Add: Binding.SUM,
    cst.Subtract: Binding.SUM,
    cst.Multiply: Binding.PRODUCT,
    cst.Divide: Binding.PRODUCT,
    cst.FloorDivide: Binding.PRODUCT,
    cst.Modulo: Binding.PRODUCT,
    cst.MatrixMultiply: Binding.PRODUCT,
    cst.Plus: Binding.SIGN,
    cst.Minus: Binding.SIGN,
    cst.BitInvert: Binding.SIGN,
    cst.Power: Binding.POWER,
}

_BINDINGS: Final[dict[type[cst.CSTNode], Binding]] = {
    cst.NamedExpr: Binding.WALRUS,
    cst.Yield: Binding.YIELD,
    cst.Tuple: Binding.TUPLE,
    cst.GeneratorExp: Binding.TUPLE,
    cst.Lambda: Binding.TEST,
    cst.IfExp: Binding.TEST,
    cst.Comparison: Binding.COMPARISON,
    cst.Await: Binding.AWAIT,
}

_PLACES: Final[dict[tuple[type[cst.CSTNode], str], Binding]] = {
    (cst.Expr, "value"): Binding.YIELD,
    (cst.Assign, "value"): Binding.YIELD,
    (cst.AugAssign, "value"): Binding.YIELD,
    (cst.AnnAssign, "value"): Binding.YIELD,
    (cst.AssignTarget, "target"): Binding.TUPLE,
    (cst.Return, "value"): Binding.TUPLE,
    (cst.Yield, "value"): Binding.TUPLE,
    (cst.For, "target"): Binding.TUPLE,
    (cst.For, "iter"): Binding.TUPLE,
    (cst.CompFor, "target"): Binding.TUPLE,
    (cst.If, "test"): Binding.WALRUS,
    (cst.While, "test"): Binding.WALRUS,
    (cst.IfExp, "body"): Binding.OR,
    (cst.IfExp, "test"): Binding.OR,
    (cst.CompFor, "iter"): Binding.OR,
    (cst.CompIf, "test"): Binding.OR,
    (cst.FormattedStringExpression, "expression"): Binding.OR,
    (cst.Comparison, "left"): Binding.BIT_OR,
    (cst.ComparisonTarget, "comparator"): Binding.BIT_OR,
    (cst.StarredElement, "value"): Binding.BIT_OR,
    (cst.StarredDictElement, "value"): Binding.BIT_OR,
    (cst.Attribute, "value"): Binding.PRIMARY,
    (cst.Subscript, "value"): Binding.PRIMARY,
    (cst.Call, "func"): Binding.PRIMARY,
    (cst.Await, "expression"): Binding.PRIMARY,
}


def binding(node: Any) -> Binding:
    """The precedence of an expression, parentheses included."""
    if node.lpar:
        return Binding.PRIMARY
    kind = type(node)
    if kind in _OPERATIONS:
        return OPERATORS[type(node.operator)]
    return _BINDINGS.get(kind, Binding.PRIMARY)


_OPERATIONS: Final = (cst.BinaryOperation, cst.BooleanOperation, cst.UnaryOperation)


def needed(parent: Any, field: str) -> Binding:
    """The precedence that an expression needs in a field to have no parentheses."""
    kind = type(parent)
    if kind not in _OPERATIONS:
        return _PLACES.get((kind, field), Binding.TEST)
    own = OPERATORS[type(parent.operator)]
    if own is Binding.POWER:
        return Binding.AWAIT if field == "left" else Binding.POWER
    return Binding(own + 1) if field == "right" else own


def fitted(node: Any, parent: cst.CSTNode, field: str) -> Any:
    """An expression, in parentheses if a node's field requires them."""
    if not node.lpar and _is_kept_apart(node, parent):
        return parenthesized(node)
    return held(node, needed(parent, field))


def _is_kept_apart(node: cst.BaseExpression, parent: cst.CSTNode) -> bool:
    """Whether a node gets parentheses for readability: ``(1).real`` and ``not (x**2)``."""
    if isinstance(parent, cst.Attribute):
        return is_decimal(node)
    return isinstance(parent, cst.UnaryOperation) and is_power(node)


def is_power(node: cst.CSTNode) -> bool:
    """Whether a node is ``x**y``."""
    return isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Power)


def is_decimal(node: cst.CSTNode) -> bool:
    """Whether a node is a number that a following dot would become a part of."""
    if isinstance(node, cst.Integer):
        return node.value[:2].lower() not in ("0x", "0o", "0b")
    return isinstance(node, cst.Float)


def held(node: Any, level: Binding = Binding.TEST) -> Any:
    """An expression, in parentheses if its precedence is lower than needed."""
    return parenthesized(node) if binding(node) < level else node


def parenthesized(node: Any) -> Any:
    """A node in parentheses."""
    return node.with_changes(lpar=(cst.LeftParen(),), rpar=(cst.RightParen(),))


def spaced(node: Any) -> Any:
    """A node with the spaces that depend on its operands: those of powers and slices.

    x**2, f(x) ** 2      x[a:b], x[a + 1 : b]
    """
    kind = type(node)
    if kind is cst.BinaryOperation and type(node.operator) is cst.Power:
        return _power(node)
    return _slice(node) if kind is cst.Slice else node


def _power(node: cst.BinaryOperation) -> cst.BinaryOperation:
    space = cst.SimpleWhitespace("" if is_simple(node.left) and is_simple(node.right) else " ")
    operator = node.operator.with_changes(whitespace_before=space, whitespace_after=space)
    return node.with_changes(operator=operator)


def is_simple(node: Any) -> bool:
    """Whether an operand is written next to ``**`` without a space."""
    return not node.lpar and _is_simple(node)


def _is_simple(node: cst.BaseExpression) -> bool:
    match node:
        case cst.UnaryOperation(operator=operator, expression=operand):
            return not isinstance(operator, cst.Not) and _is_simple(operand)
        case cst.Attribute(value=value):
            return _is_simple(value)
    return isinstance(node, cst.Name | cst.BaseNumber)


def _slice(node: cst.Slice) -> cst.Slice:
    parts = (node.lower, node.upper, node.step)
    loose = any(part is not None and not _is_tight(part) for part in parts)
    colons = {"first_colon": _colon(node.lower, node.upper, loose)}
    if isinstance(node.second_colon, cst.Colon):
        before = True if node.step is None else node.upper
        colons["second_colon"] = _colon(before, node.step, loose)
    return node.with_changes(**colons)


def _colon(before: object, after: object, loose: bool) -> cst.Colon:
    left, right = (" " if loose and part is not None else "" for part in (before, after))
    return cst.Colon(cst.SimpleWhitespace(left), cst.SimpleWhitespace(right))


def _is_tight(node: cst.BaseExpression) -> bool:
    """Whether a bound of a slice needs no spaces around the colons."""
    if isinstance(node, cst.UnaryOperation) and not isinstance(node.operator, cst.Not):
        return _is_tight(node.expression)
    return isinstance(node, cst.Name | cst.BaseNumber | cst.SimpleString | cst.Ellipsis)
