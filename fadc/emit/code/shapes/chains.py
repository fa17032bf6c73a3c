"""The shapes of chains of attributes, calls and subscripts.

In brackets, a chain with two or more called attributes breaks before these:

    (
        queries.filter(name="a")
        .order_by("age")
        .limit(10)
    )
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import libcst as cst

from fadc.emit.code.documents import Line, Mark, group
from fadc.emit.code.precedence import is_decimal, parenthesized
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.arguments import arguments, indices
from fadc.emit.code.shapes.base import (
    BARE,
    NO_SPACE,
    Shape,
    bare,
    in_own_parentheses,
    is_parenthesized,
    without_parentheses,
)
from fadc.emit.code.shapes.spaces import gap, space

Link: TypeAlias = cst.Attribute | cst.Call | cst.Subscript

CALLED: Final = (cst.Call, cst.Subscript)


def below(node: Link) -> cst.BaseExpression:
    """The value whose attribute is taken, or that is called or subscripted."""
    return node.func if isinstance(node, cst.Call) else node.value


def is_fluent(node: Any) -> bool:
    """Whether a chain may break before its attributes: at least two of them are called."""
    count = 0
    while isinstance(node, Link):
        value = below(node)
        if isinstance(node, cst.Attribute):
            count += is_parenthesized(value) or isinstance(value, CALLED)
        if is_parenthesized(value):
            break
        node = value
    return count >= 2


@bare.register(cst.Attribute)
@bare.register(cst.Call)
@bare.register(cst.Subscript)
def _(node: Link, level: Mark) -> Shape:
    fluent = level is not BARE and is_fluent(node)
    made = _link(node, level, fluent)
    return Shape(group(made.document), made.build) if fluent else made


def _link(node: Link, level: Mark, fluent: bool) -> Shape:
    return _LINKS[type(node)](without_parentheses(node), level, fluent)


def _base(node: Any, level: Mark, fluent: bool) -> Shape:
    if is_parenthesized(node):
        return in_own_parentheses(node, level)
    return _link(node, level, fluent) if isinstance(node, Link) else bare(node, level)


def _attribute(node: cst.Attribute, level: Mark, fluent: bool) -> Shape:
    if is_decimal(node.value) and not node.value.lpar:
        node = node.with_changes(value=parenthesized(node.value))
    value = _base(node.value, level, fluent)
    breaks = is_parenthesized(node.value) or isinstance(node.value, CALLED)
    whole = gap(node.dot.whitespace_before, node.dot.whitespace_after, flat="")
    line: Line | str = whole if (fluent and breaks) or whole.hard else ""

    def build(at: Decisions) -> cst.Attribute:
        dot = cst.Dot(whitespace_before=space(line, at))
        return node.with_changes(value=value.build(at), dot=dot)

    return Shape((value.document, line, f".{node.attr.value}"), build)


def _call(node: cst.Call, level: Mark, fluent: bool) -> Shape:
    function, rest = _base(node.func, level, fluent), arguments(node, level)

    def build(at: Decisions) -> cst.Call:
        first, args = rest.build(at)
        changes = {"args": args, "whitespace_before_args": first, "whitespace_after_func": NO_SPACE}
        return node.with_changes(func=function.build(at), **changes)

    return Shape((function.document, rest.document), build)


def _subscript(node: cst.Subscript, level: Mark, fluent: bool) -> Shape:
    value, rest = _base(node.value, level, fluent), indices(node, level)

    def build(at: Decisions) -> cst.Subscript:
        changes = {**rest.build(at), "whitespace_after_value": NO_SPACE}
        return node.with_changes(value=value.build(at), **changes)

    return Shape((value.document, rest.document), build)


_LINKS: Final[dict[type[cst.CSTNode], Callable[[Any, Mark, bool], Shape]]] = {
    cst.Attribute: _attribute,
    cst.Call: _call,
    cst.Subscript: _subscript,
}
