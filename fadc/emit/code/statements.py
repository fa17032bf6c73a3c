"""The shapes of statements other than assignments, and of the first lines of compound ones."""

from __future__ import annotations

from typing import Any

import libcst as cst

from fadc.emit.code.assignments import loop_target, tuple_content, value_of
from fadc.emit.code.brackets import arguments
from fadc.emit.code.documents import Document, IfBroken, Indent, Line, Mark, group
from fadc.emit.code.optional import Style, can_omit, optional
from fadc.emit.code.parameters import listed, parameters
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes import (
    BARE,
    INSIDE,
    NO_SPACE,
    ONE_SPACE,
    Shape,
    bare,
    behind,
    code,
    elements,
    is_parenthesized,
    parenthesized_if_broken,
    shape,
)
from fadc.emit.code.spaces import gap, space

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
    """``from module import names``, with a comma behind the last one where they break."""
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


# First lines of compound statements ------------------------------------------------------------


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
    """The annotation of what is returned."""
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
