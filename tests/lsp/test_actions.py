"""What is offered to do about diagnostics."""

from dataclasses import replace

import pytest

from fadc import pipeline
from fadc.diagnostics import Diagnostic, Edit
from fadc.lsp.actions import FIX_ALL, QUICK_FIX, Action, actions_at, fix_all
from fadc.span import Span

from .program import REPEATED, RIGHT, WRONG

PATH = "program.py"


def _found(source: str) -> list[Diagnostic]:
    return pipeline.check(source, PATH)


def _applied(source: str, action: Action) -> str:
    lines = source.split("\n")
    for edit in reversed(action.edits):
        span = edit.span
        assert span.start_line == span.end_line
        line = lines[span.start_line - 1]
        lines[span.start_line - 1] = line[: span.start_column] + edit.text + line[span.end_column :]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "  # fadc: ignore[FAD502]"),
        ("   ", "  # fadc: ignore[FAD502]"),
        ("  # why", "  # why  # fadc: ignore[FAD502]"),
        (" # fadc: ignore[FAD503]", " # fadc: ignore[FAD503, FAD502]"),
    ],
)
def test_a_diagnostic_can_be_ignored_on_its_line(before: str, after: str) -> None:
    """In a comment of its own, or in the one that is there."""
    line = "w**2, fed.broadcast(w))"
    source = REPEATED.replace(f"{line}\n", f"{line}{before}\n")
    first = next(each for each in _found(source) if each.code == "FAD502")
    (action,) = actions_at(source, [first], first.span)
    ignored = _applied(source, action)
    assert ignored == REPEATED.replace(f"{line}\n", f"{line}{after}\n")
    assert "FAD502" not in [each.code for each in _found(ignored)]


def test_what_no_comment_can_waive_cannot_be_ignored() -> None:
    (found,) = _found(WRONG)
    assert actions_at(WRONG, [found], found.span) == []


def test_nothing_is_offered_where_a_comment_cannot_stand() -> None:
    """Inside a string over several lines, and behind a backslash."""
    for first_line in ('x: len("""🐍', "x: 1 \\"):
        source = REPEATED.replace(
            'x: len("🐍")', f"{first_line}\n" + '""")' * ("len" in first_line)
        )
        (found,) = _found(source)
        higher = replace(found, span=found.span._replace(start_line=10))
        assert actions_at(source, [higher], higher.span) == []


@pytest.mark.parametrize("source", ["import fadc\ndef f(:\n", "import fadc\n# fadc: ignore\n"])
def test_syntax_errors_and_idle_comments_cannot_be_ignored(source: str) -> None:
    """FAD100 and FAD901."""
    (found,) = _found(source)
    assert actions_at(source, [found], found.span) == []


def test_the_fix_of_a_diagnostic_is_the_preferred_action() -> None:
    """It is offered where the diagnostic stands, its borders included, and nowhere else."""
    (found,) = pipeline.check(WRONG, PATH, fixes=True)
    line, start, end = found.span.start_line, found.span.start_column, found.span.end_column
    for column in (start, end):
        (fix,) = actions_at(WRONG, [found], Span(PATH, line, column, line, column))
        assert (fix.title, fix.kind, fix.preferred) == ("Broadcast `w`", QUICK_FIX, True)
        assert fix.diagnostics == (found,)
        assert _applied(WRONG, fix) == RIGHT
    for column in (start - 1, end + 1):
        assert actions_at(WRONG, [found], Span(PATH, line, column, line, column)) == []


@pytest.mark.parametrize(
    ("before", "after", "span", "text"),
    [
        ("abc\ndef\nghi\n", "abc\ndxf\nghi\n", (2, 1, 2, 2), "x"),
        ("abc\n", "abc\ndef\n", (2, 0, 2, 0), "def\n"),
        ("aa", "aaa", (1, 2, 1, 2), "a"),
        ("aaa", "aa", (1, 2, 1, 3), ""),
        ("b", "abc", (1, 0, 1, 1), "abc"),
    ],
)
def test_all_fixes_are_one_edit(
    before: str, after: str, span: tuple[int, int, int, int], text: str
) -> None:
    """From where the texts part to where they meet again."""
    fixable = pipeline.check(WRONG, PATH, fixes=True)
    (action,) = fix_all(before, after, fixable)
    assert (action.kind, action.preferred, action.diagnostics) == (FIX_ALL, False, tuple(fixable))
    assert action.edits == (Edit(Span(PATH, *span), text),)


def test_there_is_nothing_to_fix_where_nothing_changes() -> None:
    """Or where no diagnostic has a fix."""
    assert fix_all(WRONG, WRONG, pipeline.check(WRONG, PATH, fixes=True)) == []
    assert fix_all("a", "b", _found(WRONG)) == []
