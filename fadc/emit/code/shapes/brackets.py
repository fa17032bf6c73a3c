"""The shapes of displays."""

from __future__ import annotations

from typing import Any

import libcst as cst

from fadc.emit.code.documents import Mark, group
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.base import (
    NO_SPACE,
    ONE_SPACE,
    Shape,
    bare,
    parenthesized_if_broken,
    shape,
    without_parentheses,
)
from fadc.emit.code.shapes.elements import (
    around_parentheses,
    behind_last,
    elements,
    enclosed,
    single,
)

# Displays --------------------------------------------------------------------------------------


@bare.register
def _(node: cst.Tuple, level: Mark) -> Shape:
    """``(a, b)``; without parentheses, it gets some where it breaks."""
    mark = Mark()
    if not node.lpar:
        content = elements(node.elements, mark)
        bare_tuple = Shape(
            content.document, lambda at: node.with_changes(elements=content.build(at))
        )
        return parenthesized_if_broken(bare_tuple, mark)
    opening, closing = around_parentheses(node)
    content = single(node.elements) if len(node.elements) == 1 else elements(node.elements, mark)
    whole = enclosed(
        "(", ")", level, opening, content, (*behind_last(node.elements), *closing), mark
    )

    def build(at: Decisions) -> cst.Tuple:
        left, made, right = whole.build(at)
        return node.with_changes(
            elements=made, lpar=[cst.LeftParen(left)], rpar=[cst.RightParen(right)]
        )

    return Shape(whole.document, build)


@bare.register
def _(node: cst.List, level: Mark) -> Shape:
    return _display(node, level, ("[", "]"), ("lbracket", "rbracket"))


@bare.register(cst.Set)
@bare.register(cst.Dict)
def _(node: cst.Set | cst.Dict, level: Mark) -> Shape:
    return _display(node, level, ("{", "}"), ("lbrace", "rbrace"))


def _display(node: Any, level: Mark, texts: tuple[str, str], fields: tuple[str, str]) -> Shape:
    """A list, a set or a dict: one element per line if they do not fit on one."""
    mark, (left, right) = Mark(), (getattr(node, field) for field in fields)
    content = elements(node.elements, mark)
    closing = (*behind_last(node.elements), right.whitespace_before)
    whole = enclosed(*texts, level, [left.whitespace_after], content, closing, mark)

    def build(at: Decisions) -> Any:
        first, made, last = whole.build(at)
        ends = {
            fields[0]: left.with_changes(whitespace_after=first),
            fields[1]: right.with_changes(whitespace_before=last),
        }
        return without_parentheses(node).with_changes(elements=made, **ends)

    return Shape(whole.document, build)


@bare.register
def _(node: cst.Element, level: Mark) -> Shape:
    value = shape(node.value, level)
    return Shape(value.document, lambda at: node.with_changes(value=value.build(at)))


@bare.register
def _(node: cst.StarredElement, level: Mark) -> Shape:
    value = shape(node.value, level)

    def build(at: Decisions) -> cst.StarredElement:
        changes = {"value": value.build(at), "whitespace_before_value": NO_SPACE}
        return node.with_changes(**changes)

    return Shape(("*", value.document), build)


@bare.register
def _(node: cst.DictElement, level: Mark) -> Shape:
    """``key: value``, in a group of its own."""
    key, value = shape(node.key, level), shape(node.value, level)

    def build(at: Decisions) -> cst.DictElement:
        spaces = {"whitespace_before_colon": NO_SPACE, "whitespace_after_colon": ONE_SPACE}
        return node.with_changes(key=key.build(at), value=value.build(at), **spaces)

    return Shape(group((key.document, ": ", value.document)), build)


@bare.register
def _(node: cst.StarredDictElement, level: Mark) -> Shape:
    value = shape(node.value, level)

    def build(at: Decisions) -> cst.StarredDictElement:
        return node.with_changes(value=value.build(at), whitespace_before_value=NO_SPACE)

    return Shape(group(("**", value.document)), build)
