"""Elements with commas between them, and the brackets around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import libcst as cst

from fadc.emit.code.documents import Document, IfBroken, Line, Mark, group
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.base import INSIDE, NO_SPACE, Shape, Spaces, bare, bracketed
from fadc.emit.code.shapes.spaces import gap, space


def enclosed(
    left: str, right: str, level: Mark, opening: Spaces, content: Shape, closing: Spaces, mark: Mark
) -> Shape:
    """Content between brackets whose group ``mark`` names.

    Builds the whitespace after the left bracket, the content, and the whitespace before the right
    one.
    """
    if not content.document:
        return _empty(left, right, gap(*opening, *closing, flat=""))
    first, last = gap(*opening, flat=""), gap(*closing, flat="")
    document = bracketed(left, content.document, right, level, first, last, mark)
    return Shape(
        document,
        lambda at: (space(first, at), content.build(at), space(last, at, closing=True)),
    )


def _empty(left: str, right: str, line: Line) -> Shape:
    """Brackets that are empty except for comments."""
    document = (left, group(line) if line.hard else "", right)
    return Shape(document, lambda at: (NO_SPACE, (), space(line, at, closing=True)))


def elements(nodes: Sequence[Any], mark: Mark, always: bool = False, level: Mark = INSIDE) -> Shape:
    """Nodes with commas after them, for a group that ``mark`` names.

    If the group breaks, the last node gets a comma, too: if there are several nodes, if ``always``,
    or if there is one already, which forces the group to break.
    """
    if not nodes:
        return Shape((), lambda _: ())
    shapes = [bare(node, level) for node in nodes]
    lines = [gap(*behind(node)) for node in nodes[:-1]]
    parts: list[Document] = [shapes[0].document]
    for line, each in zip(lines, shapes[1:], strict=True):
        parts += [",", line, each.document]
    magic = isinstance(nodes[-1].comma, cst.Comma)
    trailing = always or len(nodes) > 1 or magic
    parts += [IfBroken(",", mark)] * trailing + [_MAGIC] * magic

    def build(at: Decisions) -> list[Any]:
        commas = [cst.Comma(whitespace_after=space(line, at)) for line in lines]
        last = cst.Comma() if trailing and mark in at.broken else cst.MaybeSentinel.DEFAULT
        made = [each.build(at) for each in shapes]
        return [
            each.with_changes(comma=comma)
            for each, comma in zip(made, (*commas, last), strict=True)
        ]

    return Shape(tuple(parts), build)


_MAGIC = group((), forced=True)
"""Forces the group around it to break."""


def behind(node: Any) -> Spaces:
    """The whitespace after an element and around its comma."""
    own = [getattr(node, field) for field in _BEHIND if hasattr(node, field)]
    comma = node.comma
    around = (
        (comma.whitespace_before, comma.whitespace_after) if isinstance(comma, cst.Comma) else ()
    )
    return (*own, *around)


_BEHIND = ("whitespace_after_arg", "whitespace_after_param")


def behind_last(nodes: Any) -> tuple[object, ...]:
    return tuple(behind(nodes[-1])) if nodes else ()


def single(nodes: Any) -> Shape:
    """The only element of a tuple, which always has its comma."""
    inner = bare(nodes[0], INSIDE)
    comma = cst.Comma()
    return Shape((inner.document, ","), lambda at: [inner.build(at).with_changes(comma=comma)])


def in_group(content: Shape, mark: Mark, opening: Spaces, closing: Spaces) -> Shape:
    """Content that is tried on one line within its brackets, unless comments begin or end it."""
    forced = bool(gap(*opening).own) or gap(*closing).hard
    return Shape(group(content.document, mark, forced=forced), content.build)


def around_parentheses(node: Any) -> tuple[list[object], list[object]]:
    """The whitespace after the opening parentheses and before the closing ones."""
    opening = [each.whitespace_after for each in node.lpar]
    return opening, [each.whitespace_before for each in node.rpar]
