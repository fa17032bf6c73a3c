"""The shapes of displays and comprehensions, and of what stands between the brackets of calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from fadc.emit.code.documents import Document, Mark, group
from fadc.emit.code.precedence import spaced
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes import (
    INSIDE,
    NO_SPACE,
    ONE_SPACE,
    Shape,
    Spaces,
    bare,
    behind,
    code,
    elements,
    enclosed,
    parenthesized_if_broken,
    shape,
    without_parentheses,
)
from fadc.emit.code.spaces import gap, space

# Displays --------------------------------------------------------------------------------------


@bare.register
def _(node: cst.Tuple, level: Mark) -> Shape:
    """``(a, b)``, with its parentheses; without any, it has some where it breaks."""
    mark = Mark()
    if not node.lpar:
        content = elements(node.elements, mark)
        bare_tuple = Shape(
            content.document, lambda at: node.with_changes(elements=content.build(at))
        )
        return parenthesized_if_broken(bare_tuple, mark)
    opening, closing = around_parentheses(node)
    content = _single(node.elements) if len(node.elements) == 1 else elements(node.elements, mark)
    whole = enclosed("(", ")", level, opening, content, (*_last(node.elements), *closing), mark)

    def build(at: Decisions) -> cst.Tuple:
        left, made, right = whole.build(at)
        return node.with_changes(
            elements=made, lpar=[cst.LeftParen(left)], rpar=[cst.RightParen(right)]
        )

    return Shape(whole.document, build)


def _single(nodes: Any) -> Shape:
    """The only element of a tuple has its comma in any case."""
    inner = bare(nodes[0], INSIDE)
    comma = cst.Comma()
    return Shape((inner.document, ","), lambda at: [inner.build(at).with_changes(comma=comma)])


def around_parentheses(node: Any) -> tuple[list[object], list[object]]:
    """The whitespace behind the opening parentheses and before the closing ones."""
    opening = [each.whitespace_after for each in node.lpar]
    return opening, [each.whitespace_before for each in node.rpar]


def _last(nodes: Any) -> tuple[object, ...]:
    return tuple(behind(nodes[-1])) if nodes else ()


@bare.register
def _(node: cst.List, level: Mark) -> Shape:
    return _display(node, level, ("[", "]"), ("lbracket", "rbracket"))


@bare.register(cst.Set)
@bare.register(cst.Dict)
def _(node: cst.Set | cst.Dict, level: Mark) -> Shape:
    return _display(node, level, ("{", "}"), ("lbrace", "rbrace"))


def _display(node: Any, level: Mark, texts: tuple[str, str], fields: tuple[str, str]) -> Shape:
    """A list, a set or a dict: one element a line, if they do not fit on one."""
    mark, (left, right) = Mark(), (getattr(node, field) for field in fields)
    content = elements(node.elements, mark)
    closing = (*_last(node.elements), right.whitespace_before)
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


# Comprehensions --------------------------------------------------------------------------------


@bare.register
def _(node: cst.GeneratorExp, level: Mark) -> Shape:
    """``(x for x in y)``; as the only argument of a call it has no parentheses of its own."""
    content = _comprehension(node, [node.elt])
    if not node.lpar:
        return Shape(content.document, lambda at: _filled(node, content.build(at)))
    opening, closing = around_parentheses(node)
    content = _in_group(content, Mark(), opening, closing)
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
    content = _in_group(content, Mark(), *ends)
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
    """What stands before the clauses, and these, each on a line of its own."""
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
    """``a, b`` without parentheses, whose lines break between the brackets of elements only."""
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


# Arguments and indices -------------------------------------------------------------------------


def arguments(node: cst.Call, level: Mark) -> Shape:
    """The parentheses of a call: what they hold is tried on a line of its own first.

    It makes the whitespace behind the left one and the arguments.
    """
    if _is_multiline_string(node):
        only = bare(node.args[0], INSIDE)
        return Shape(("(", only.document, ")"), lambda at: (NO_SPACE, [only.build(at)]))
    mark = Mark()
    opening, closing = [node.whitespace_before_args], list(_last(node.args))
    content = elements(node.args, mark)
    inner = _in_group(content, mark, opening, closing) if node.args else content
    whole = enclosed("(", ")", level, opening, inner, closing, Mark())

    def build(at: Decisions) -> tuple[Any, list[Any]]:
        first, made, last = whole.build(at)
        if not made:
            return last, []
        return first, [*made[:-1], _closed(made[-1], last)]

    return Shape(whole.document, build)


def _in_group(content: Shape, mark: Mark, opening: Spaces, closing: Spaces) -> Shape:
    """Content that is tried on one line within its brackets, unless comments begin or end it."""
    forced = bool(gap(*opening).own) or gap(*closing).hard
    return Shape(group(content.document, mark, forced=forced), content.build)


def _is_multiline_string(node: cst.Call) -> bool:
    """Whether the only argument is a string of several lines that begins behind the bracket."""
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
    """The brackets of a subscript; it makes both of them and the indices."""
    mark = Mark()
    opening = [node.lbracket.whitespace_after]
    closing = (*_last(node.slice), node.rbracket.whitespace_before)
    content = elements(node.slice, mark)
    if len(node.slice) > 1:
        content = _in_group(content, mark, opening, closing)
    elif isinstance(node.slice[0].comma, cst.Comma):
        content = _single(node.slice)
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
