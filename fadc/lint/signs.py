"""Signs of results, for the derivatives that are infinite at zero."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from fadc.lint import library
from fadc.lint.facts import Fact, Kind, Sign, weakest


def of_constant(value: object) -> Sign:
    """The sign of a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Sign.ANY
    if value > 0:
        return Sign.POSITIVE
    return Sign.NONNEGATIVE if value == 0 else Sign.ANY


def of_operator(node: ast.BinOp, left: Fact, right: Fact) -> Sign:
    """The sign of ``left op right``."""
    signs = (left.sign, right.sign)
    match node.op:
        case ast.Add() if Sign.POSITIVE in signs and _guards(left, right):
            # ``v + 1e-8``: adding a positive constant keeps a value away from zero.
            return Sign.POSITIVE
        case ast.Add():
            return Sign.POSITIVE if _sum_is_positive(signs) else weakest(signs)
        case ast.Mult() if ast.dump(node.left) == ast.dump(node.right):
            return Sign.POSITIVE if left.sign is Sign.POSITIVE else Sign.NONNEGATIVE
        case ast.Mult() | ast.Div():
            return weakest(signs)
        case ast.Pow() if isinstance(node.right, ast.Constant) and node.right.value in (2, 4, 6):
            return Sign.POSITIVE if left.sign is Sign.POSITIVE else Sign.NONNEGATIVE
        case ast.Pow():
            return left.sign
    return Sign.ANY


def _guards(left: Fact, right: Fact) -> bool:
    return any(fact.sign is Sign.POSITIVE and fact.kind is Kind.STATIC for fact in (left, right))


def _sum_is_positive(signs: tuple[Sign, Sign]) -> bool:
    return Sign.POSITIVE in signs and Sign.ANY not in signs


def of_call(last: str, args: Sequence[Fact]) -> Sign:
    """The sign of the result of a function with this last name."""
    signs = [fact.sign for fact in args]
    if last in library.POSITIVE:
        return Sign.POSITIVE
    if last == "where":
        # The double `where`: the branch that is not taken gets a harmless value.
        return Sign.POSITIVE if Sign.POSITIVE in signs[1:] else weakest(signs[1:])
    if last in ("maximum", "clip"):
        return Sign.POSITIVE if Sign.POSITIVE in signs[:2] else Sign.ANY
    if last in ("sqrt", "rsqrt"):
        return Sign.POSITIVE if signs[:1] == [Sign.POSITIVE] else Sign.NONNEGATIVE
    if last in library.NONNEGATIVE:
        positive = last in ("abs", "absolute", "square") and signs[:1] == [Sign.POSITIVE]
        return Sign.POSITIVE if positive else Sign.NONNEGATIVE
    if last in ("vdot", "dot", "inner") and len(args) == 2 and args[0] is args[1]:
        return Sign.NONNEGATIVE
    if last in library.SIGN_KEEPING:
        return signs[0] if signs else Sign.ANY
    return Sign.ANY
