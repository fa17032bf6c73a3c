"""f-strings whose expressions have changed.

Up to Python 3.11 these must contain neither the string's own quotes nor backslashes.

    f"{x=}"   with x = a + b     →  f"x={a + b!r}"
    f"{x}"    with x = d["k"]    →  f'{d["k"]}'
    f"{x}'"   with x = d["k"]    →  "{}'".format(d["k"])
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import libcst as cst

from fadc.emit.code.precedence import held

_QUOTES: Final = ('"', "'", '"""', "'''")


def refilled(before: cst.FormattedString, made: cst.FormattedString) -> Any:
    """An f-string made valid again after expressions in it were changed."""
    pairs = zip(before.parts, made.parts, strict=True)
    parts = [each for old, new in pairs for each in _spelled_out(old, new)]
    if made.end == '"':
        parts = [in_single_quotes(each) for each in parts]
    made = made.with_changes(parts=parts)
    body, inside = "".join(map(_code, parts)), "".join(map(_code, _expressions(parts)))
    if not any(character in inside for character in "\\#\n"):
        for quote in (made.end, *_QUOTES):
            if (
                quote not in body
                and not body.endswith(quote[0])
                and ("\n" not in body or quote[1:])
            ):
                return made.with_changes(start=made.prefix + quote, end=quote)
    return _formatted(made)


def in_single_quotes(node: Any) -> Any:
    """A node with its strings in single quotes, where these need no escapes."""
    return node.visit(_SingleQuotes()) if '"' in _code(node) else node


class _SingleQuotes(cst.CSTTransformer):
    def leave_SimpleString(self, _: cst.SimpleString, node: cst.SimpleString) -> cst.SimpleString:
        before, *body, behind = node.value.split('"')
        if len(body) != 1 or behind or any(each in body[0] for each in "'\\"):
            return node
        return node.with_changes(value=f"{before}'{body[0]}'")


def _code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def _spelled_out(old: Any, new: Any) -> Iterator[Any]:
    """A changed ``{x=}`` with its text written out; the braces of a display are kept apart."""
    if old is new or not isinstance(new, cst.FormattedStringExpression):
        yield new
        return
    if new.equal is not None:
        words = (old.whitespace_before_expression, old.expression, old.equal)
        text = "".join(map(_code, (*words, old.whitespace_after_expression)))
        yield cst.FormattedStringText(text.replace("{", "{{").replace("}", "}}"))
        conversion = new.conversion or (None if new.format_spec else "r")
        new = new.with_changes(equal=None, conversion=conversion)
    before = cst.SimpleWhitespace(" " if _code(new.expression).startswith("{") else "")
    after = cst.SimpleWhitespace("")
    yield new.with_changes(whitespace_before_expression=before, whitespace_after_expression=after)


def _expressions(parts: Sequence[Any]) -> Iterator[cst.BaseExpression]:
    """The expressions in the parts of an f-string, from left to right."""
    for part in parts:
        if isinstance(part, cst.FormattedStringExpression):
            yield part.expression
            yield from _expressions(part.format_spec or ())


def _formatted(node: cst.FormattedString) -> cst.Call:
    """The f-string as a call of `format`."""
    text = "".join(_field(part) for part in node.parts)
    string = cst.SimpleString(node.start.replace("f", "").replace("F", "") + text + node.end)
    arguments = [cst.Arg(held(each)) for each in _expressions(node.parts)]
    return cst.Call(cst.Attribute(string, cst.Name("format")), arguments)


def _field(part: Any) -> str:
    if not isinstance(part, cst.FormattedStringExpression):
        return str(part.value)
    conversion = f"!{part.conversion}" if part.conversion else ""
    spec = "".join(map(_field, part.format_spec)) if part.format_spec is not None else None
    return "{" + conversion + ("" if spec is None else f":{spec}") + "}"
