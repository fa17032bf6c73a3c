"""The shapes of comprehensions, whose clauses are on lines of their own."""

from __future__ import annotations

from typing import Any

import libcst as cst

from fadc.emit.code.documents import Document, Mark, group
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.base import (
    INSIDE,
    NO_SPACE,
    ONE_SPACE,
    Shape,
    bare,
    shape,
    without_parentheses,
)
from fadc.emit.code.shapes.elements import around_parentheses, enclosed, in_group
from fadc.emit.code.shapes.spaces import gap, space


@bare.register
def _(node: cst.GeneratorExp, level: Mark) -> Shape:
    """``(x for x in y)``; as the only argument of a call it has no parentheses of its own."""
    content = _comprehension(node, [node.elt])
    if not node.lpar:
        return Shape(content.document, lambda at: _filled(node, content.build(at)))
    opening, closing = around_parentheses(node)
    content = in_group(content, Mark(), opening, closing)
    whole = enclosed("(", ")", level, opening, content, closing, Mark())

    def build(at: Decisions) -> Any:
        left, made, right = whole.build(at)
        ends = {"lpar": [cst.LeftParen(left)], "rpar": [cst.RightParen(right)]}
        return _filled(node, made).with_changes(**ends)

    return Shape(whole.document, build)


def _filled(node: Any, made: tuple[list[Any], Any]) -> Any:
    (element,), clauses = made
    return node.with_changes(elt=element, for_in=clauses)


@bare.register
def _(node: cst.ListComp, level: Mark) -> Shape:
    return _bracketed_comprehension(node, level, ("[", "]"), ("lbracket", "rbracket"))


@bare.register
def _(node: cst.SetComp, level: Mark) -> Shape:
    return _bracketed_comprehension(node, level, ("{", "}"), ("lbrace", "rbrace"))


@bare.register
def _(node: cst.DictComp, level: Mark) -> Shape:
    return _bracketed_comprehension(node, level, ("{", "}"), ("lbrace", "rbrace"))


def _bracketed_comprehension(
    node: Any, level: Mark, texts: tuple[str, str], fields: tuple[str, str]
) -> Shape:
    left, right = (getattr(node, field) for field in fields)
    is_dict = isinstance(node, cst.DictComp)
    content = _comprehension(node, [node.key, node.value] if is_dict else [node.elt])
    ends = [left.whitespace_after], [right.whitespace_before]
    content = in_group(content, Mark(), *ends)
    whole = enclosed(*texts, level, ends[0], content, ends[1], Mark())

    def build(at: Decisions) -> Any:
        first, (parts, clauses), last = whole.build(at)
        changes = dict(zip(("key", "value") if is_dict else ("elt",), parts, strict=True))
        changes[fields[0]] = left.with_changes(whitespace_after=first)
        changes[fields[1]] = right.with_changes(whitespace_before=last)
        if is_dict:
            changes |= {"whitespace_before_colon": NO_SPACE, "whitespace_after_colon": ONE_SPACE}
        return without_parentheses(node).with_changes(for_in=clauses, **changes)

    return Shape(whole.document, build)


def _comprehension(node: Any, parts: list[Any]) -> Shape:
    """The element, and the clauses, each on a line of its own."""
    made = [shape(part, INSIDE) for part in parts]
    clauses = _clauses(node.for_in)
    pair = (made[0].document, *((": ", each.document) for each in made[1:]))
    return Shape(
        (group(pair), clauses.document),
        lambda at: ([each.build(at) for each in made], clauses.build(at)),
    )


def _clauses(node: cst.CompFor) -> Shape:
    """``for x in y if z for ...``, with the line before it."""
    spaces = [node.whitespace_before, node.whitespace_after_for, node.whitespace_before_in]
    line = gap(*spaces, node.whitespace_after_in)
    target, iterable = _target(node.target), shape(node.iter, INSIDE)
    conditions = [_condition(each) for each in node.ifs]
    inner = _clauses(node.inner_for_in) if node.inner_for_in else None
    head = "async for " if node.asynchronous else "for "
    parts: list[Document] = [line, head, target.document, " in ", iterable.document]
    parts += [each.document for each in conditions]
    parts += [inner.document] if inner else []

    def build(at: Decisions) -> cst.CompFor:
        return node.with_changes(
            target=target.build(at),
            iter=iterable.build(at),
            ifs=[each.build(at) for each in conditions],
            inner_for_in=inner.build(at) if inner else None,
            whitespace_before=space(line, at),
            whitespace_after_for=ONE_SPACE,
            whitespace_before_in=ONE_SPACE,
            whitespace_after_in=ONE_SPACE,
        )

    return Shape(tuple(parts), build)


def _condition(node: cst.CompIf) -> Shape:
    line = gap(node.whitespace_before, node.whitespace_before_test)
    test = shape(node.test, INSIDE)

    def build(at: Decisions) -> cst.CompIf:
        spaces = {"whitespace_before": space(line, at), "whitespace_before_test": ONE_SPACE}
        return node.with_changes(test=test.build(at), **spaces)

    return Shape((line, "if ", test.document), build)


def _target(node: Any) -> Shape:
    """The target of a clause: a tuple without parentheses stays on the line."""
    if not isinstance(node, cst.Tuple) or node.lpar:
        return shape(node, INSIDE)
    return flat_tuple(node, INSIDE)


def flat_tuple(node: cst.Tuple, level: Mark) -> Shape:
    """``a, b`` without parentheses, which may break only in the brackets of its elements."""
    made = [bare(each, level) for each in node.elements]
    parts: list[Document] = [made[0].document]
    for each in made[1:]:
        parts += [", ", each.document]
    comma = cst.MaybeSentinel.DEFAULT

    def build(at: Decisions) -> cst.Tuple:
        listed = [each.build(at).with_changes(comma=comma) for each in made]
        made_anew: cst.Tuple = without_parentheses(node).with_changes(elements=listed)
        return made_anew

    return Shape(tuple(parts), build)
