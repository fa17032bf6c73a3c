"""The shapes of f-strings, and of adjacent strings: these are joined where the result fits.

f'{ x }'  →  f"{x}"        "a" 'b'  →  "ab"
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import libcst as cst

from fadc.emit.code.documents import Document, Line, Mark, Variants
from fadc.emit.code.fstrings import in_single_quotes
from fadc.emit.code.printer import Decisions
from fadc.emit.code.shapes.base import (
    INSIDE,
    NO_SPACE,
    ONE_SPACE,
    Shape,
    bare,
    code,
    shape,
    soft_group,
    soft_line,
    without_parentheses,
)
from fadc.emit.code.shapes.spaces import space

# f-strings -------------------------------------------------------------------------------------


@bare.register
def _(node: cst.FormattedString, level: Mark) -> Shape:
    """An f-string, in double quotes if its text contains none."""
    node = without_parentheses(node)
    prefix = "".join(each if each == "R" else each.lower() for each in node.prefix)
    made = _in_quotes(node, prefix, '"') if node.quote == "'" else None
    made = made or _in_quotes(node, prefix, node.quote) or node
    text = code(made)
    return Shape(text, lambda _: made)


def _in_quotes(node: cst.FormattedString, prefix: str, quote: str) -> cst.FormattedString | None:
    """The f-string in other quotes, if it contains neither these nor backslashes."""
    parts = _parts(node.parts)
    if quote == '"':
        parts = [in_single_quotes(each) for each in parts]
    body = "".join(map(code, parts))
    if quote != node.quote and ("\\" in body or quote in body):
        return None
    inside = (each for each in parts if isinstance(each, cst.FormattedStringExpression))
    if any(quote in code(each) for each in inside):
        return None
    return node.with_changes(parts=parts, start=prefix + quote, end=quote)


def _parts(parts: Sequence[Any]) -> list[Any]:
    kind = cst.FormattedStringExpression
    return [_part(each) if isinstance(each, kind) else each for each in parts]


def _part(node: cst.FormattedStringExpression) -> cst.FormattedStringExpression:
    """``{x!r:>{w}}`` without spaces; those of ``{x = }`` are printed and stay."""
    if node.equal is not None:
        return node
    expression = shape(node.expression, INSIDE).build(Decisions())
    spec = None if node.format_spec is None else _parts(node.format_spec)
    return node.with_changes(
        expression=expression,
        format_spec=spec,
        whitespace_before_expression=ONE_SPACE if code(expression)[0] == "{" else NO_SPACE,
        whitespace_after_expression=NO_SPACE,
    )


# Strings side by side --------------------------------------------------------------------------


@bare.register
def _(node: cst.ConcatenatedString, level: Mark) -> Shape:
    """One string if that fits on the line, else one string per line."""
    strings = list(_strings(node))
    shapes = [bare(each, level) for each, _ in strings]
    lines = [soft_line(level, space_) for _, space_ in strings[1:]]
    parts: list[Document] = [shapes[0].document]
    for line, each in zip(lines, shapes[1:], strict=True):
        parts += [line, each.document]
    apart = soft_group(level, tuple(parts))
    made = [each.build(Decisions()) for each in shapes]
    hard = any(isinstance(line, Line) and line.hard for line in lines)
    one = None if hard else joined(made)
    document: Document = apart if one is None else Variants((code(one), apart), tidies=False)

    def build(at: Decisions) -> Any:
        if isinstance(document, Variants) and at.chosen.get(document) == 0:
            return one
        return _concatenated(made, [space(line, at) for line in lines])

    return Shape(document, build)


def _strings(node: Any, before: object = NO_SPACE) -> Iterator[tuple[Any, object]]:
    """The strings, each with the whitespace before it."""
    while isinstance(node, cst.ConcatenatedString):
        yield node.left, before
        node, before = node.right, node.whitespace_between
    yield node, before


def _concatenated(strings: Sequence[Any], spaces: Sequence[Any]) -> Any:
    made = strings[-1]
    for left, between in zip(reversed(strings[:-1]), reversed(spaces), strict=True):
        made = cst.ConcatenatedString(left, made, whitespace_between=between)
    return made


def joined(strings: Sequence[Any]) -> Any:
    """One string instead of several, if they have the same prefix and quotes."""
    if any(each.quote != '"' or each.prefix not in ("", "f", "b") for each in strings):
        return None
    prefixes = {each.prefix for each in strings}
    if "b" in prefixes and len(prefixes) > 1:
        return None
    if "f" not in prefixes:
        body = "".join(each.value[len(each.prefix) + 1 : -1] for each in strings)
        return cst.SimpleString(f'{strings[0].prefix}"{body}"')
    return cst.FormattedString([part for each in strings for part in _as_parts(each)], 'f"', '"')


def _as_parts(node: Any) -> list[Any]:
    """A string as parts of an f-string."""
    if isinstance(node, cst.FormattedString):
        return list(node.parts)
    body = node.value[1:-1].replace("{", "{{").replace("}", "}}")
    return [cst.FormattedStringText(body)] if body else []
