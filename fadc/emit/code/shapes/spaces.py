"""Whitespace nodes: the comments in them, and their form once their lines are decided."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import libcst as cst

from fadc.emit.code.documents import Line, Mark
from fadc.emit.code.printer import INDENT, Decisions

Space = cst.BaseParenthesizableWhitespace


def gap(*spaces: object, flat: str = " ", when: Mark | None = None) -> Line:
    """The line that whitespace, given in one or several nodes, may become.

    Comments keep their places: after the text before, or on their own lines.
    """
    behind, own = "", list[str]()
    for space in spaces:
        if isinstance(space, cst.ParenthesizedWhitespace):
            first, *rest = _comments(space)
            if first and not own and not behind:
                behind, first = first, ""
            own += [comment for comment in (first, *rest) if comment]
    return Line(flat, when, behind, tuple(own), bool(behind or own))


def has_comment(*spaces: object) -> bool:
    """Whether there is a comment in whitespace."""
    return gap(*spaces).hard


def _comments(space: cst.ParenthesizedWhitespace) -> Iterator[str]:
    lines: list[cst.TrailingWhitespace | cst.EmptyLine] = [space.first_line, *space.empty_lines]
    for line in lines:
        yield _spelled(line.comment.value) if line.comment else ""


def _spelled(comment: str) -> str:
    """A comment with a space before its words: ``#a`` is ``# a``."""
    words = comment[1:]
    bare = not words or words[0] in " !:#\t"
    return (comment if bare else f"# {words}").rstrip()


def space(line: Line | str, decisions: Decisions, closing: bool = False) -> Space:
    """The whitespace of a line: a line break if that is decided.

    Comments before a ``closing`` bracket are indented as the content of the brackets.
    """
    if isinstance(line, str):
        return plain(line)
    if line not in decisions.columns:
        return plain(line.flat)
    indent = decisions.columns[line] - decisions.base
    if not line.behind and not line.own:
        return _newline(indent)
    own = plain(" " * (indent + INDENT * closing))
    lines = [cst.EmptyLine(whitespace=own, comment=cst.Comment(text)) for text in line.own]
    return _newline(indent).with_changes(first_line=_behind(line.behind), empty_lines=lines)


def _behind(comment: str) -> cst.TrailingWhitespace:
    if not comment:
        return cst.TrailingWhitespace()
    return cst.TrailingWhitespace(plain("  "), cst.Comment(comment))


@cache
def plain(text: str) -> cst.SimpleWhitespace:
    """Whitespace on one line."""
    return cst.SimpleWhitespace(text)


@cache
def _newline(indent: int) -> cst.ParenthesizedWhitespace:
    return cst.ParenthesizedWhitespace(indent=True, last_line=plain(" " * indent))
