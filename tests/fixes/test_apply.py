"""Applying fixes: what goes together, what is refused, and that it ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fadc.diagnostics import Diagnostic, Edit, Fix, Severity
from fadc.fixes.apply import ROUNDS, apply, fix_text
from fadc.span import Span


def edit(line: int, start: int, end: int, text: str) -> Edit:
    """The replacement of a stretch of one line."""
    return Edit(Span("a.py", line, start, line, end), text)


def found(span: Span, *edits: Edit, code: str = "FAD1") -> Diagnostic:
    """An error with a fix, or without one."""
    fix = Fix("mend", edits) if edits else None
    return Diagnostic(code, "bad", Severity.ERROR, "bad", span, "mend", fix=fix)


def words(text: str, bad: str, good: str, code: str = "FAD1") -> list[Diagnostic]:
    """An error for each word of a text that is bad, to be replaced by a good one."""
    diagnostics = []
    for number, line in enumerate(text.split("\n"), 1):
        for start in range(len(line)):
            if line.startswith(bad, start):
                end = start + len(bad)
                span = Span("a.py", number, start, number, end)
                diagnostics.append(found(span, edit(number, start, end, good), code=code))
    return diagnostics


def test_edits_are_applied_by_line_and_column() -> None:
    fixes = [
        Fix("", (edit(1, 0, 0, "("), edit(2, 1, 1, ")"))),
        Fix("", (Edit(Span("a.py", 1, 2, 2, 0), " "),)),
    ]
    applied = apply("é=\nx\n", fixes)
    assert applied.text == "(é= x)\n"
    assert applied.stretches == ((0, 6), (3, 4))
    assert [applied.moved(each) for each in [(1, 0), (1, 1), (2, 0), (2, 1)]] == [1, 2, 4, 6]


def test_all_fixes_that_do_not_touch_are_applied_in_one_round() -> None:
    checks = []

    def check(text: str) -> list[Diagnostic]:
        checks.append(text)
        return words(text, "bad", "good")

    fixed = fix_text("bad bad\nbad", check, list)
    assert (fixed.text, fixed.diagnostics, fixed.count) == ("good good\ngood", [], 3)
    assert checks == ["bad bad\nbad", "good good\ngood"]


def test_overlapping_fixes_are_applied_one_after_the_other() -> None:
    def check(text: str) -> list[Diagnostic]:
        return [*words(text, "ab", "c", "FAD1"), *words(text, "bc", "d", "FAD2")]

    assert fix_text("abc", check, list).text == "cc"


def test_two_edits_at_one_place_are_applied_one_after_the_other() -> None:
    def check(text: str) -> list[Diagnostic]:
        span = Span("a.py", 1, text.index("f"), 1, len(text))
        missing = [name for name in "xy" if name not in text]
        return [replace(found(span, edit(1, 0, 0, name)), code=name) for name in missing]

    assert fix_text("f", check, list).text == "yxf"


def test_diagnostics_that_share_a_fix_are_mended_by_it_once() -> None:
    def check(text: str) -> list[Diagnostic]:
        spans = [Span("a.py", 1, column, 1, column + 1) for column in range(2)]
        return [found(each, edit(1, 0, 0, "+")) for each in spans if not text.startswith("+")]

    fixed = fix_text("xx", check, list)
    assert (fixed.text, fixed.count) == ("+xx", 2)


def test_what_is_not_wanted_is_not_mended() -> None:
    def check(text: str) -> list[Diagnostic]:
        return [*words(text, "a", "A", "FAD1"), *words(text, "b", "B", "FAD2")]

    fixed = fix_text("ab", check, lambda every: [d for d in every if d.code == "FAD2"])
    assert (fixed.text, fixed.diagnostics) == ("aB", [])


@pytest.mark.parametrize(
    "remainder",
    [
        lambda text: words(text, "new", "new", "FAD100"),
        lambda text: words(text, "new", "new", "FAD2"),
        lambda text: words(text, "new", "new", "FAD1"),
    ],
    ids=["breaks the syntax", "makes another error", "leaves its own"],
)
def test_a_bad_fix_is_refused_and_the_others_are_applied(remainder: object) -> None:
    def check(text: str) -> list[Diagnostic]:
        bad = [*words(text, "old", "new"), *words(text, "bad", "good")]
        return sorted([*bad, *remainder(text)], key=lambda each: each.span)  # type: ignore[operator]

    fixed = fix_text("old bad", check, list)
    assert (fixed.text, fixed.count) == ("old good", 1)
    assert [each.span.start_column for each in fixed.diagnostics] == [0]


def test_an_error_that_comes_to_light_elsewhere_is_no_reason_to_refuse() -> None:
    def check(text: str) -> list[Diagnostic]:
        return words(text, "bad", "good") or words(text, "hidden", "seen", "FAD2")

    fixed = fix_text("bad hidden", check, list)
    assert (fixed.text, fixed.count) == ("good seen", 2)


def test_fixes_that_undo_each_other_come_to_an_end() -> None:
    def check(text: str) -> list[Diagnostic]:
        return [*words(text, "a", "b", "FAD1"), *words(text, "b", "a", "FAD2")]

    def warned(text: str) -> list[Diagnostic]:
        return [replace(each, severity=Severity.WARNING) for each in check(text)]

    assert fix_text("a", warned, list).count == ROUNDS
