"""What is offered to do about diagnostics."""

from dataclasses import replace

import pytest

from fadc import pipeline
from fadc.diagnostics import Diagnostic, Edit, Fix, Severity
from fadc.lsp.actions import FIX_ALL, QUICK_FIX, Action, actions_at
from fadc.span import Span

from .program import WRONG

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


def _ignored(source: str) -> str:
    """The text after ignoring its only diagnostic."""
    (found,) = _found(source)
    (action,) = actions_at(source, [found], found.span)
    assert action.title == f"Ignore {found.code} on this line"
    assert (action.kind, action.preferred, action.diagnostics) == (QUICK_FIX, False, (found,))
    return _applied(source, action)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("w, x)", "w, x)  # fadc: ignore[FAD202]"),
        ("w, x)   ", "w, x)  # fadc: ignore[FAD202]"),
        ("w, x)  # why", "w, x)  # why  # fadc: ignore[FAD202]"),
        ("w, x) # fadc: ignore[FAD203]", "w, x) # fadc: ignore[FAD203, FAD202]"),
    ],
)
def test_a_diagnostic_can_be_ignored_on_its_line(before: str, after: str) -> None:
    """In a comment of its own, or in the one that is there."""
    source = WRONG.replace("w, x)\n", f"{before}\n")
    first = next(each for each in _found(source) if each.code == "FAD202")
    (action,) = actions_at(source, [first], first.span)
    ignored = _applied(source, action)
    assert ignored == WRONG.replace("w, x)\n", f"{after}\n")
    assert "FAD202" not in [each.code for each in _found(ignored)]


def test_nothing_is_offered_where_a_comment_cannot_stand() -> None:
    """Inside a string over several lines, and behind a backslash."""
    for first_line in ('x: len("""🐍', "x: 1 \\"):
        source = WRONG.replace('x: len("🐍")', f"{first_line}\n" + '""")' * ("len" in first_line))
        (found,) = _found(source)
        higher = replace(found, span=replace(found.span, start_line=10))
        assert actions_at(source, [higher], higher.span) == []


@pytest.mark.parametrize("source", ["import fadc\ndef f(:\n", "import fadc\n# fadc: ignore\n"])
def test_syntax_errors_and_idle_comments_cannot_be_ignored(source: str) -> None:
    """FAD100 and FAD901."""
    (found,) = _found(source)
    assert actions_at(source, [found], found.span) == []


def _fixed(column: int, *edits: tuple[int, int, str]) -> Diagnostic:
    """A diagnostic on the first line with a fix."""
    made = tuple(Edit(Span(PATH, 1, start, 1, end), text) for start, end, text in edits)
    span = Span(PATH, 1, column, 1, column + 1)
    fix = Fix(f"write `{edits[0][2]}`", made)
    return Diagnostic("FAD100", "name", Severity.ERROR, "message", span, "help", (), fix)


def test_the_fix_of_a_diagnostic_is_the_preferred_action() -> None:
    """It is offered where the diagnostic stands, its border included, and nowhere else."""
    first, second = _fixed(0, (0, 1, "A")), _fixed(4, (4, 5, "E"))
    for column in (0, 1):
        place = Span(PATH, 1, column, 1, column)
        fix, everything = actions_at("abcdef", [first, second], place)
        assert (fix.title, fix.kind, fix.preferred) == ("Write `A`", QUICK_FIX, True)
        assert (fix.edits, fix.diagnostics) == (first.fix and first.fix.edits, (first,))
        assert (everything.kind, everything.preferred) == (FIX_ALL, False)
    (only,) = actions_at("abcdef", [first, second], Span(PATH, 1, 2, 1, 3))
    assert only.kind == FIX_ALL


def test_all_fixes_are_made_at_once_unless_they_overlap() -> None:
    """What two of them need is made once; one that is in the way waits, as a whole."""
    shared = (0, 0, "import fadc; ")
    found = [
        _fixed(5, shared, (5, 6, "F")),
        _fixed(5, (3, 4, "D"), (4, 6, "EF")),
        _fixed(1, shared, (1, 2, "B")),
    ]
    (action,) = actions_at("abcdef", found, Span(PATH, 2, 0, 2, 0))
    assert action.diagnostics == (found[0], found[2])
    assert _applied("abcdef", action) == "import fadc; aBcdeF"
