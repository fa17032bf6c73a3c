"""The shapes of arguments and indices, between the brackets of calls and subscripts.

The whole is tried on one line of its own first:

    f(
        first, second
    )
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from fadc.emit.code.documents import Document, Mark, group
from fadc.emit.code.precedence import spaced
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.base import INSIDE, NO_SPACE, Shape, bare, code, shape
from fadc.emit.code.shapes.elements import behind_last, elements, enclosed, in_group, single


def arguments(node: cst.Call, level: Mark) -> Shape:
    """The parentheses of a call; the arguments are tried on one line of their own first.

    Builds the whitespace after the left parenthesis and the arguments.
    """
    if _is_multiline_string(node):
        only = bare(node.args[0], INSIDE)
        return Shape(("(", only.document, ")"), lambda at: (NO_SPACE, [only.build(at)]))
    mark = Mark()
    opening, closing = [node.whitespace_before_args], list(behind_last(node.args))
    content = elements(node.args, mark)
    inner = in_group(content, mark, opening, closing) if node.args else content
    whole = enclosed("(", ")", level, opening, inner, closing, Mark())

    def build(at: Decisions) -> tuple[Any, list[Any]]:
        first, made, last = whole.build(at)
        if not made:
            return last, []
        return first, [*made[:-1], _closed(made[-1], last)]

    return Shape(whole.document, build)


def _is_multiline_string(node: cst.Call) -> bool:
    """Whether the only argument is a multi-line string that begins right after the bracket."""
    if len(node.args) != 1 or node.args[0].keyword or node.args[0].star:
        return False
    value, before = node.args[0].value, node.whitespace_before_args
    is_string = isinstance(value, cst.SimpleString | cst.FormattedString) and not value.lpar
    return is_string and "\n" in code(value) and isinstance(before, cst.SimpleWhitespace)


def _closed(node: Any, last: Any) -> Any:
    """The last argument, with the whitespace before the right bracket."""
    if isinstance(node.comma, cst.Comma):
        return node.with_changes(comma=node.comma.with_changes(whitespace_after=last))
    return node.with_changes(whitespace_after_arg=last)


@bare.register
def _(node: cst.Arg, level: Mark) -> Shape:
    value = shape(node.value, level)
    head = f"{node.keyword.value}=" if node.keyword else node.star
    changes: dict[str, Any] = {"whitespace_after_star": NO_SPACE, "whitespace_after_arg": NO_SPACE}
    if node.keyword:
        changes["equal"] = cst.AssignEqual(NO_SPACE, NO_SPACE)
    return Shape(
        (head, value.document), lambda at: node.with_changes(value=value.build(at), **changes)
    )


def indices(node: cst.Subscript, level: Mark) -> Shape:
    """The brackets of a subscript; builds both brackets and the indices."""
    mark = Mark()
    opening = [node.lbracket.whitespace_after]
    closing = (*behind_last(node.slice), node.rbracket.whitespace_before)
    content = elements(node.slice, mark)
    if len(node.slice) > 1:
        content = Shape(group(content.document, mark), content.build)
    elif isinstance(node.slice[0].comma, cst.Comma):
        content = single(node.slice)
    whole = enclosed("[", "]", level, opening, content, closing, Mark())

    def build(at: Decisions) -> dict[str, Any]:
        first, made, last = whole.build(at)
        left = node.lbracket.with_changes(whitespace_after=first)
        right = node.rbracket.with_changes(whitespace_before=last)
        return {"lbracket": left, "slice": made, "rbracket": right}

    return Shape(whole.document, build)


@bare.register
def _(node: cst.SubscriptElement, level: Mark) -> Shape:
    inner = bare(node.slice, level)
    return Shape(inner.document, lambda at: node.with_changes(slice=inner.build(at)))


@bare.register
def _(node: cst.Index, level: Mark) -> Shape:
    value = shape(node.value, level)
    changes = {"whitespace_after_star": NO_SPACE} if node.star else {}
    return Shape(
        (node.star or "", value.document),
        lambda at: node.with_changes(value=value.build(at), **changes),
    )


@bare.register
def _(node: cst.Slice, level: Mark) -> Shape:
    """``lower:upper:step``, with spaces around the colons unless all of them are simple."""
    tidy = spaced(node)
    bounds = {
        field: shape(value, level)
        for field in ("lower", "upper", "step")
        if (value := getattr(tidy, field)) is not None
    }
    return Shape(
        tuple(_slice_parts(tidy, bounds)),
        lambda at: tidy.with_changes(**{name: each.build(at) for name, each in bounds.items()}),
    )


def _slice_parts(node: cst.Slice, bounds: dict[str, Shape]) -> Iterator[Document]:
    for field, colon in (("lower", node.first_colon), ("upper", node.second_colon), ("step", None)):
        if field in bounds:
            yield bounds[field].document
        if isinstance(colon, cst.Colon):
            before, after = colon.whitespace_before, colon.whitespace_after
            yield f"{before.value}:{after.value}"  # type: ignore[attr-defined]
