"""Documents: texts with the places where their lines may break.

The elements are those of ruff's formatter, which are based on Prettier and on Wadler's *A prettier
printer*. ``printer`` decides which lines break; ``shapes`` makes documents from nodes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias


class Mark:
    """Identifies a group, so that other elements can depend on whether its lines break."""


@dataclass(frozen=True, eq=False, slots=True)
class Line:
    """A line break if the lines of its group break, the text ``flat`` otherwise.

    Comments force it to break: one may end the line before it, others are on lines of their own.
    ``when`` identifies a group: if the lines of that group do not break, this one does not either.
    """

    flat: str = " "
    when: Mark | None = None
    behind: str = ""
    own: tuple[str, ...] = ()
    hard: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class LineGroup:
    """Lines that break all or none; with ``when``, only if the lines of that group break."""

    content: Document
    mark: Mark | None
    when: Mark | None
    forced: bool


@dataclass(frozen=True, eq=False, slots=True)
class Indent:
    """Content whose lines are indented, if the lines of the group ``when`` break."""

    content: Document
    when: Mark | None = None


@dataclass(frozen=True, eq=False, slots=True)
class IfBroken:
    """Text printed only if lines break: those of the group ``mark``, or of the group around it."""

    text: str
    mark: Mark | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Brackets:
    """The content of brackets: its lines may break even if those around it do not.

    To find out whether the group ``when`` fits on one line, the lines in here count as broken,
    however long they are.
    """

    content: Document
    when: Mark | None
    forced: bool


@dataclass(frozen=True, eq=False, slots=True)
class Parenthesized:
    """Content that gets parentheses and lines of its own only if that makes it fit."""

    content: Document
    mark: Mark
    opening: Line
    closing: Line


@dataclass(frozen=True, eq=False, slots=True)
class Variants:
    """The first of some documents that fits, or the last one.

    With ``tidies``, the first one is kept where the code is put into other code.
    """

    variants: tuple[Document, ...]
    tidies: bool = True


Document: TypeAlias = (
    "str | Line | LineGroup | Indent | IfBroken | Brackets | Parenthesized | Variants"
    " | tuple[Document, ...]"
)


def group(
    content: Document, mark: Mark | None = None, when: Mark | None = None, forced: bool = False
) -> LineGroup:
    """A group; its lines break in any case if one of them must or if it is ``forced``."""
    return LineGroup(content, mark, when, forced or is_forced(content))


def brackets(content: Document, when: Mark | None = None) -> Brackets:
    """The content of brackets."""
    return Brackets(content, when, is_forced(content))


def is_forced(document: Document) -> bool:
    """Whether a line of a document breaks in any case."""
    match document:
        case str():
            return "\n" in document
        case tuple():
            return any(is_forced(part) for part in document)
        case Line():
            return document.hard
        case LineGroup():
            return document.forced
        case Indent():
            return is_forced(document.content)
    return False


def joined(separators: Iterable[Document], parts: Iterable[Document]) -> Document:
    """The parts, each with a separator before it; that of the first part is empty."""
    return tuple(each for pair in zip(separators, parts, strict=True) for each in pair)


def width(text: str) -> int:
    """The width of a text in columns: two for a wide character, none for a combining one."""
    return len(text) if text.isascii() else sum(map(_columns, text))


_PRAGMA: Final = re.compile(
    r"#\s*(?:(?i:noqa)|nosec|(?:isort|type|pyright|pyrefly|pylint|flake8|ruff|ty):)"
)


def comment_width(comment: str) -> int:
    """The width of a comment at the end of a line; comments for tools count as empty."""
    pragma = _PRAGMA.search(comment)
    words = comment[: pragma.start()].rstrip() if pragma else comment
    return 2 + width(words) if words else 0


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
