"""The shapes of the first lines of compound statements."""

from __future__ import annotations

from typing import Any

import libcst as cst

from fadc.emit.code.documents import Document, IfBroken, Indent, Line, Mark, group
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.arguments import arguments
from fadc.emit.code.shapes.assignments import loop_target
from fadc.emit.code.shapes.base import (
    BARE,
    INSIDE,
    NO_SPACE,
    ONE_SPACE,
    Shape,
    bare,
    is_parenthesized,
    shape,
)
from fadc.emit.code.shapes.breaking import can_omit
from fadc.emit.code.shapes.elements import behind, elements
from fadc.emit.code.shapes.optional import Style, optional
from fadc.emit.code.shapes.parameters import listed, parameters
from fadc.emit.code.shapes.spaces import gap, space


@bare.register
def _(node: cst.For, level: Mark) -> Shape:
    """``for target in items:``."""
    target, items = loop_target(node.target), optional(node.iter, node)

    def build(at: Decisions) -> cst.For:
        spaces = ("after_for", "before_in", "after_in")
        return node.with_changes(
            target=target.build(at),
            iter=items.build(at),
            whitespace_before_colon=NO_SPACE,
            **{f"whitespace_{each}": ONE_SPACE for each in spaces},
        )

    head = "async for " if node.asynchronous else "for "
    return Shape((head, target.document, " in ", items.document, ":"), build)


@bare.register(cst.If)
@bare.register(cst.While)
def _(node: cst.If | cst.While, level: Mark) -> Shape:
    """``if test:``."""
    test, word = optional(node.test, node), "if" if isinstance(node, cst.If) else "while"
    before = {"whitespace_before_test" if word == "if" else "whitespace_after_while": ONE_SPACE}
    after = {"whitespace_after_test" if word == "if" else "whitespace_before_colon": NO_SPACE}

    def build(at: Decisions) -> Any:
        return node.with_changes(test=test.build(at), **before, **after)

    return Shape((f"{word} ", test.document, ":"), build)


@bare.register
def _(node: cst.With, level: Mark) -> Shape:
    """``with context as name, other:``."""
    head = "async with " if node.asynchronous else "with "
    magic = isinstance(node.items[-1].comma, cst.Comma)
    [first, *rest] = node.items
    if not rest and not magic and first.asname is None:
        item = optional(first.item, first)
        return Shape(
            (head, item.document, ":"),
            lambda at: _with(node, [first.with_changes(item=item.build(at))], None),
        )
    mark = Mark()
    omit = not rest and not magic and can_omit(first.item)
    items = elements(node.items, mark, level=mark if omit else INSIDE)
    opening, closing = Line(""), Line("")
    inside = Indent((opening, items.document), when=mark)
    content = group((IfBroken("("), inside, closing, IfBroken(")")), mark)

    def build(at: Decisions) -> cst.With:
        ends = (space(opening, at), space(closing, at)) if mark in at.broken else None
        return _with(node, items.build(at), ends)

    return Shape((head, content, ":"), build)


def _with(node: cst.With, items: Any, ends: tuple[Any, Any] | None) -> cst.With:
    default = cst.MaybeSentinel.DEFAULT
    left = cst.LeftParen(ends[0]) if ends else default
    right = cst.RightParen(ends[1]) if ends else default
    spaces = {"whitespace_after_with": ONE_SPACE, "whitespace_before_colon": NO_SPACE}
    return node.with_changes(items=items, lpar=left, rpar=right, **spaces)


@bare.register
def _(node: cst.WithItem, level: Mark) -> Shape:
    item = shape(node.item, level) if is_parenthesized(node.item) else bare(node.item, level)
    if node.asname is None:
        return Shape(item.document, lambda at: node.with_changes(item=item.build(at)))
    name = shape(node.asname.name, level)

    def build(at: Decisions) -> cst.WithItem:
        asname = cst.AsName(name.build(at), ONE_SPACE, ONE_SPACE)
        return node.with_changes(item=item.build(at), asname=asname)

    return Shape((item.document, " as ", name.document), build)


@bare.register
def _(node: cst.FunctionDef, level: Mark) -> Shape:
    """``def name(parameters) -> returns:``."""
    mark = Mark()
    params, returns = _signature(node, mark), _returns(node)
    parts: list[Document] = [params.document]
    parts += [" -> ", returns.document] if returns else []
    head = "async def " if node.asynchronous else "def "

    def build(at: Decisions) -> cst.FunctionDef:
        changes = params.build(at)
        if returns and node.returns:
            made = returns.build(at)
            changes["returns"] = cst.Annotation(made, ONE_SPACE, ONE_SPACE)
        return node.with_changes(**changes, whitespace_before_colon=NO_SPACE)

    return Shape((head, node.name.value, group(tuple(parts), mark), ":"), build)


def _signature(node: cst.FunctionDef, whole: Mark) -> Shape:
    """The parentheses with the parameters: several are tried on a line of their own first.

    ``whole`` names the group of all of it.
    """
    names = listed(node.params)
    if not names:
        return Shape("()", lambda _: {"whitespace_before_params": NO_SPACE})
    alone = len(names) == 1
    mark = whole if alone else Mark()
    content = parameters(node.params, mark)
    opening, closing = gap(node.whitespace_before_params, flat=""), gap(*behind(names[-1]), flat="")
    forced = bool(opening.own) or closing.hard
    inner = content.document if alone else group(content.document, mark, forced=forced)
    document = ("(", Indent((opening, inner)), closing, ")")

    def build(at: Decisions) -> dict[str, Any]:
        made = content.build(at)
        last = space(closing, at, closing=True)
        return {
            "whitespace_before_params": space(opening, at),
            "params": _closed(made, listed(made)[-1], last),
        }

    return Shape(document, build)


def _closed(params: cst.Parameters, node: Any, last: Any) -> Any:
    """Parameters with the whitespace before the right bracket."""
    if isinstance(node.comma, cst.Comma):
        comma = node.comma.with_changes(whitespace_after=last)
        return params.with_deep_changes(node, comma=comma)
    is_slash = isinstance(node, cst.ParamSlash)
    field = "whitespace_after" if is_slash else "whitespace_after_param"
    return params.with_deep_changes(node, **{field: last})


def _returns(node: cst.FunctionDef) -> Shape | None:
    """The annotation of the result."""
    if node.returns is None:
        return None
    style = Style.IF_BROKEN if listed(node.params) else Style.WHOLE
    return optional(node.returns.annotation, node, style=style)


@bare.register
def _(node: cst.ClassDef, level: Mark) -> Shape:
    """``class Name(Base):``."""
    if not node.bases and not node.keywords:
        return Shape(f"class {node.name.value}:", lambda _: node)
    call = cst.Call(node.name, [*node.bases, *node.keywords])
    if isinstance(node.lpar, cst.LeftParen):
        call = call.with_changes(whitespace_before_args=node.lpar.whitespace_after)
    inner = arguments(call, BARE)

    def build(at: Decisions) -> cst.ClassDef:
        first, made = inner.build(at)
        bases, keywords = made[: len(node.bases)], made[len(node.bases) :]
        return node.with_changes(bases=bases, keywords=keywords, lpar=cst.LeftParen(first))

    return Shape(("class ", node.name.value, inner.document, ":"), build)
