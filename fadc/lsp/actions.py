"""The actions that an editor offers for diagnostics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os.path import commonprefix

from fadc.diagnostics import Diagnostic, Edit, Fix
from fadc.diagnostics.suppression import is_waivable, suppressions
from fadc.span import Span

QUICK_FIX = "quickfix"
FIX_ALL = "source.fixAll.fadc"
_UNUSED = "FAD901"


@dataclass(frozen=True)
class Action:
    """A menu entry: its title, its edits, and the diagnostics that it is for."""

    title: str
    kind: str
    edits: tuple[Edit, ...]
    diagnostics: tuple[Diagnostic, ...]
    preferred: bool = False


def actions_at(text: str, diagnostics: Sequence[Diagnostic], place: Span) -> list[Action]:
    """The actions for the diagnostics that touch a span."""
    here = [each for each in diagnostics if _touches(each.span, place)]
    fixes = [
        Action(_title(each.fix), QUICK_FIX, each.fix.edits, (each,), preferred=True)
        for each in here
        if each.fix is not None
    ]
    ignores = [action for each in here for action in _ignore(text, each)]
    return [*fixes, *ignores]


def _touches(span: Span, place: Span) -> bool:
    """Whether two spans share a character or a border: a cursor after a word is at the word."""
    return span.start <= place.end and place.start <= span.end


def _title(fix: Fix) -> str:
    return fix.title[:1].upper() + fix.title[1:]


def fix_all(before: str, after: str, diagnostics: Sequence[Diagnostic]) -> list[Action]:
    """The action that makes the changes of `fadc check --fix`; None if there are none."""
    fixable = tuple(each for each in diagnostics if each.fix is not None)
    if before == after or not fixable:
        return []
    edit = _difference(fixable[0].span.path, before, after)
    return [Action("Fix all that fadc can fix safely", FIX_ALL, (edit,), fixable)]


def _difference(path: str, before: str, after: str) -> Edit:
    """The one edit between two texts, from the first difference to the last."""
    start = len(commonprefix([before, after]))
    same = len(commonprefix([before[start:][::-1], after[start:][::-1]]))
    end = len(before) - same
    span = Span(path, *_position(before, start), *_position(before, end))
    return Edit(span, after[start : len(after) - same])


def _position(text: str, offset: int) -> tuple[int, int]:
    """The line (from 1) and column (from 0) of an offset."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1)


def _ignore(text: str, diagnostic: Diagnostic) -> Iterator[Action]:
    """Adding a comment to the diagnostic's first line, if a comment is possible there."""
    code, line = diagnostic.code, diagnostic.span.start_line
    if not is_waivable(diagnostic) or code == _UNUSED:
        return
    edit = _comment(text, diagnostic)
    lines = text.split("\n")
    if lines[line - 1].endswith("\\"):
        return
    changed = lines[line - 1][: edit.span.start_column] + edit.text
    lines[line - 1] = changed + lines[line - 1][edit.span.end_column :]
    # Inside a multi-line string it is not a comment.
    if any(each.waives(diagnostic) for each in suppressions("\n".join(lines))):
        yield Action(f"Ignore {code} on this line", QUICK_FIX, (edit,), (diagnostic,))


def _comment(text: str, diagnostic: Diagnostic) -> Edit:
    """The edit that adds the code to the line's comment for fadc, or in a new comment."""
    path, line, code = diagnostic.span.path, diagnostic.span.start_line, diagnostic.code
    for known in suppressions(text):
        if known.line == line and known.prefixes is not None:
            span = Span(path, line, known.start_column, line, known.end_column)
            return Edit(span, f"# fadc: ignore[{', '.join((*known.prefixes, code))}]")
    content = text.split("\n")[line - 1].rstrip()
    whole = Span(path, line, len(content), line, len(text.split("\n")[line - 1]))
    return Edit(whole, f"  # fadc: ignore[{code}]")
