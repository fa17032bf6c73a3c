"""Texts without parts that do not matter: commas before closing brackets, and comments."""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

_SKIPPED = (tokenize.COMMENT, tokenize.NL)
_COMMA = re.compile(r",\s*(?:#.*\s*)*[)\]}]")
"""A comma that may be the last one in brackets."""

_DIRECTIVE = re.compile(r"#\s*fadc:")

Part = tuple[tuple[int, int], tuple[int, int]]
"""The start and end of a part of a text; lines count from 1, columns from 0."""


def without_last_commas(text: str) -> str:
    """An expression without magic trailing commas, which would break its lines.

    The only element of a tuple keeps its comma, in a subscript, too: ``(x,)``, ``x[i,]``.
    """
    if not _COMMA.search(text):
        return text
    tokens = _tokens(f"({text}\n)")
    return _without(f"({text}\n)", [_place(tokens[i]) for i in _last_commas(tokens)])[1:-2]


def without_comments(text: str) -> str:
    """A statement without comments and trailing commas."""
    if "#" not in text and not _COMMA.search(text):
        return text
    tokens = _tokens(text)
    comments = [_place(each) for each in tokens if each.type == tokenize.COMMENT]
    return _without(text, [*comments, *(_place(tokens[i]) for i in _last_commas(tokens))])


def without_directives(text: str) -> str:
    """An expression without comments for fadc, which are about the line that they are on.

    # the model  # fadc: ignore[FAD415]  →  # the model
    """
    if not _DIRECTIVE.search(text):
        return text
    comments = [each for each in _tokens(f"({text}\n)") if each.type == tokenize.COMMENT]
    found = [(each, _DIRECTIVE.search(each.string)) for each in comments]
    rows = [((each.start[0], each.start[1] + at.start()), each.end) for each, at in found if at]
    return _without(f"({text}\n)", rows)[1:-2]


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(io.StringIO(text).readline))


def _place(token: tokenize.TokenInfo) -> Part:
    return token.start, token.end


def _without(text: str, places: Iterable[Part]) -> str:
    """A text without some parts of its lines."""
    lines = text.split("\n")
    for (row, first), (_, last) in sorted(places, reverse=True):
        lines[row - 1] = lines[row - 1][:first] + lines[row - 1][last:]
    return "\n".join(lines)


def _last_commas(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[int]:
    """The commas before closing brackets that do not make a tuple."""
    opened: list[int] = []  # The number of commas that each open bracket needs.
    kept = [i for i, each in enumerate(tokens) if each.type not in _SKIPPED]
    for before, index in pairwise([0, *kept]):
        token = tokens[index]
        if opened and opened[-1] > 0 and token.string == "lambda":
            opened[-1] = _MANY  # The commas after it may be those of its parameters.
        elif token.type == tokenize.OP and token.string in "([{":
            opened.append(_needed(tokens[before], token.string) if index else 1)
        elif token.type == tokenize.OP and opened and token.string == ",":
            opened[-1] -= 1
        elif token.type == tokenize.OP and opened and token.string in ")]}":
            if opened.pop() < 0 and tokens[before].string == ",":
                yield before


_MANY: Final = 1_000_000


def _needed(before: tokenize.TokenInfo, bracket: str) -> int:
    """The number of commas that brackets need: one if it makes a tuple, none in calls and lists."""
    behind_value = _ends_value(before)
    if bracket == "{":  # After a brace or a part of an f-string, its own.
        return int(before.string == "}" or before.type in _OF_FSTRINGS)
    return int(behind_value == (bracket == "["))


_OF_FSTRINGS: Final = (
    getattr(tokenize, "FSTRING_START", None),
    getattr(tokenize, "FSTRING_MIDDLE", None),
)


def _ends_value(token: tokenize.TokenInfo) -> bool:
    """Whether a bracket after a token begins a call or a subscript of what the token ends."""
    if token.type == tokenize.NAME:
        return token.string not in keyword.kwlist
    return token.type == tokenize.STRING or token.string in (")", "]", "}")
