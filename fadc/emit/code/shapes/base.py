"""Shapes: the layouts of nodes, for lines of any length, as ruff formats them.

A shape is a document together with a function that rebuilds the node once it is decided which lines
break. Every kind of node has one: ``brackets``, ``chains``, ``operations`` and ``lambdas`` register
theirs with ``bare``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Final

import libcst as cst

from fadc.emit.code.documents import (
    Document,
    IfBroken,
    Indent,
    Line,
    Mark,
    Parenthesized,
    brackets,
    group,
)
from fadc.emit.code.literals import number, string
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.spaces import gap, has_comment, plain, space

Build = Callable[[Decisions], Any]
Spaces = Sequence[object]

NO_SPACE, ONE_SPACE = plain(""), plain(" ")

BARE: Final = Mark()
"""The level outside brackets: lines break only inside the content's own brackets."""
INSIDE: Final = Mark()
"""The level inside brackets. Any other mark is a level inside brackets if its group breaks."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A node whose line breaks are not decided yet."""

    document: Document
    build: Build


def shape(node: cst.BaseExpression, level: Mark) -> Shape:
    """The shape of an expression, with the parentheses that it has."""
    if is_parenthesized(node):
        return in_own_parentheses(node, level)
    return bare(node, level)


@singledispatch
def bare(node: cst.CSTNode, level: Mark) -> Shape:
    """The shape of an expression without its parentheses."""
    text = code(without_parentheses(node))
    return Shape(text, lambda _: without_parentheses(node))


def code(node: cst.CSTNode) -> str:
    """The text of a node."""
    return cst.Module([]).code_for_node(node)


@bare.register
def _(node: cst.Name, level: Mark) -> Shape:
    return _leaf(node, node.value)


@bare.register(cst.Integer)
@bare.register(cst.Float)
@bare.register(cst.Imaginary)
def _(node: cst.Integer | cst.Float | cst.Imaginary, level: Mark) -> Shape:
    return _leaf(node, number(node.value))


@bare.register
def _(node: cst.SimpleString, level: Mark) -> Shape:
    return _leaf(node, string(node.value))


def _leaf(node: cst.Name | cst.BaseNumber | cst.SimpleString, text: str) -> Shape:
    made = without_parentheses(node)
    if made.value != text:
        made = made.with_changes(value=text)
    return Shape(text, lambda _: made)


# Parentheses -----------------------------------------------------------------------------------


def is_parenthesized(node: cst.BaseExpression) -> bool:
    """Whether an expression has parentheses that are not a part of it, as those of tuples are."""
    return bool(node.lpar) and not isinstance(node, cst.Tuple | cst.GeneratorExp)


def without_parentheses(node: Any) -> Any:
    """The node without its parentheses."""
    return node.with_changes(lpar=(), rpar=()) if node.lpar else node


def has_comments_in_parentheses(node: cst.BaseExpression) -> bool:
    """Whether there are comments right after an opening or before a closing parenthesis."""
    spaces = [*(each.whitespace_after for each in node.lpar)]
    return has_comment(*spaces, *(each.whitespace_before for each in node.rpar))


def in_own_parentheses(node: cst.BaseExpression, level: Mark) -> Shape:
    """The shape of an expression that keeps its parentheses, with the comments in them."""
    inner = bare(node, INSIDE)
    opening = gap(*(each.whitespace_after for each in node.lpar), flat="")
    closing = gap(*(each.whitespace_before for each in node.rpar), flat="")
    document = bracketed("(", inner.document, ")", level, opening, closing)
    return Shape(document, lambda at: parenthesize(inner.build(at), at, opening, closing))


def bracketed(
    left: str,
    content: Document,
    right: str,
    level: Mark,
    opening: Line,
    closing: Line,
    mark: Mark | None = None,
) -> Document:
    """Content between brackets, on lines of its own if these break."""
    inner: Document = group((Indent((opening, content)), closing), mark)
    if level is not INSIDE and level is not BARE:
        inner = brackets(inner, when=level)
    return (left, inner, right)


def parenthesize(node: Any, at: Decisions, opening: Line, closing: Line) -> Any:
    """A node between parentheses."""
    left = cst.LeftParen(whitespace_after=space(opening, at))
    right = cst.RightParen(whitespace_before=space(closing, at, closing=True))
    return node.with_changes(lpar=[left], rpar=[right])


def parenthesized_if_broken(content: Shape, mark: Mark) -> Shape:
    """Content that gets parentheses if it does not fit on the line.

    ``mark`` is that of the content if its brackets are to break first, or any other one.
    """
    opening, closing = Line(""), Line("")
    inside = Indent((opening, content.document), when=mark)
    document = group((IfBroken("("), inside, closing, IfBroken(")")), mark)
    return Shape(document, _parenthesized_if(content, mark, opening, closing))


def parenthesized_if_it_fits(content: Shape, mark: Mark) -> Shape:
    """Content, whose level is ``mark``, that gets parentheses if it fits with them only."""
    opening, closing = Line("", hard=True), Line("", hard=True)
    document = Parenthesized(content.document, mark, opening, closing)
    return Shape(document, _parenthesized_if(content, mark, opening, closing))


def _parenthesized_if(content: Shape, mark: Mark, opening: Line, closing: Line) -> Build:
    def build(at: Decisions) -> Any:
        node = content.build(at)
        return parenthesize(node, at, opening, closing) if mark in at.broken else node

    return build


# Lines by level --------------------------------------------------------------------------------


def soft_line(level: Mark, *spaces: object, flat: str = " ") -> Line | str:
    """A line that may break if there are brackets around it."""
    if level is BARE:
        return flat
    return gap(*spaces, flat=flat, when=None if level is INSIDE else level)


def soft_group(level: Mark, content: Document) -> Document:
    """A group if there are brackets around it."""
    if level is BARE:
        return content
    return group(content, when=None if level is INSIDE else level)
