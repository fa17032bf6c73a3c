"""The shapes of statements other than assignments, and of the first lines of compound ones."""

from __future__ import annotations

from typing import Any

import libcst as cst

from fadc.emit.code.documents import Document, IfBroken, Indent, Mark, group
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.assignments import tuple_content, value_of
from fadc.emit.code.shapes.base import (
    BARE,
    ONE_SPACE,
    Shape,
    bare,
    code,
    parenthesized_if_broken,
    shape,
)
from fadc.emit.code.shapes.elements import behind, elements
from fadc.emit.code.shapes.optional import Style, optional
from fadc.emit.code.shapes.spaces import gap, space

# Simple statements -----------------------------------------------------------------------------

_OPTIONAL_OPERATORS = (cst.BitOr, cst.BitXor, cst.LeftShift, cst.RightShift, cst.Add, cst.Subtract)


@bare.register
def _(node: cst.Expr, level: Mark) -> Shape:
    """An expression as a statement: only sums and the like get parentheses."""
    value = node.value
    is_sum = isinstance(value, cst.BinaryOperation) and isinstance(
        value.operator, _OPTIONAL_OPERATORS
    )
    inner = optional(value, node, style=Style.KEPT) if is_sum else shape(value, BARE)
    return Shape(inner.document, lambda at: node.with_changes(value=inner.build(at)))


@bare.register
def _(node: cst.Return, level: Mark) -> Shape:
    value = node.value
    if value is None:
        return Shape("return", lambda _: node)
    inner = _pair(value) if isinstance(value, cst.Tuple) else value_of(value, node)

    def build(at: Decisions) -> cst.Return:
        return node.with_changes(value=inner.build(at), whitespace_after_return=ONE_SPACE)

    return Shape(("return ", inner.document), build)


def _pair(node: cst.Tuple) -> Shape:
    """A tuple that is returned: one of two may break in its elements only."""
    if node.lpar or len(node.elements) != 2:
        return bare(node, BARE)
    mark = Mark()
    return parenthesized_if_broken(tuple_content(node, mark), mark)


@bare.register
def _(node: cst.Raise, level: Mark) -> Shape:
    """``raise error from cause``."""
    if node.exc is None:
        return Shape("raise", lambda _: node)
    error = optional(node.exc, node, style=Style.KEPT)
    cause = optional(node.cause.item, node, style=Style.KEPT) if node.cause else None
    parts: list[Document] = ["raise ", error.document]
    parts += [" from ", cause.document] if cause else []

    def build(at: Decisions) -> cst.Raise:
        changes: dict[str, Any] = {"exc": error.build(at), "whitespace_after_raise": ONE_SPACE}
        if cause:
            changes["cause"] = cst.From(cause.build(at), ONE_SPACE, ONE_SPACE)
        return node.with_changes(**changes)

    return Shape(tuple(parts), build)


@bare.register
def _(node: cst.Assert, level: Mark) -> Shape:
    """``assert test, message``."""
    test = optional(node.test, node)
    message = optional(node.msg, node, style=Style.WHOLE) if node.msg else None
    parts: list[Document] = ["assert ", test.document]
    parts += [", ", message.document] if message else []

    def build(at: Decisions) -> cst.Assert:
        changes: dict[str, Any] = {"test": test.build(at), "whitespace_after_assert": ONE_SPACE}
        if message:
            changes |= {"msg": message.build(at), "comma": cst.Comma(whitespace_after=ONE_SPACE)}
        return node.with_changes(**changes)

    return Shape(tuple(parts), build)


@bare.register
def _(node: cst.ImportFrom, level: Mark) -> Shape:
    """``from module import names``, with a comma after the last one if they break."""
    if isinstance(node.names, cst.ImportStar):
        return Shape(code(node), lambda _: node)
    mark = Mark()
    names = elements(node.names, mark, always=True)
    before = [node.lpar.whitespace_after] if node.lpar else []
    after = [*behind(node.names[-1]), *([node.rpar.whitespace_before] if node.rpar else [])]
    opening, closing = gap(*before, flat=""), gap(*after, flat="")
    forced = opening.hard or closing.hard
    inside = Indent((opening, names.document), when=mark)
    content = (IfBroken("("), inside, closing, IfBroken(")"))
    head = code(node.with_changes(lpar=None, rpar=None, names=[cst.ImportAlias(cst.Name("_"))]))

    def build(at: Decisions) -> cst.ImportFrom:
        ends: dict[str, Any] = {"lpar": None, "rpar": None}
        if mark in at.broken:
            ends["lpar"] = cst.LeftParen(space(opening, at))
            ends["rpar"] = cst.RightParen(space(closing, at, closing=True))
        return node.with_changes(names=names.build(at), **ends)

    return Shape((head.removesuffix("_"), group(content, mark, forced=forced)), build)


@bare.register
def _(node: cst.ImportAlias, level: Mark) -> Shape:
    alone = node.with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return Shape(code(alone), lambda _: alone)


@bare.register
def _(node: cst.Del, level: Mark) -> Shape:
    if (
        isinstance(node.target, cst.Tuple)
        and len(node.target.elements) > 1
        and not node.target.lpar
    ):
        target = bare(node.target, BARE)
    else:
        target = optional(node.target, node)
    return Shape(("del ", target.document), lambda at: node.with_changes(target=target.build(at)))
