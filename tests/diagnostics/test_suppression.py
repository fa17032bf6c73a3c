"""Comments silence what they name, on their line, and are reported when they do not."""

import pytest

from fadc.diagnostics import Diagnostic, make, rule
from fadc.diagnostics.selection import selected
from fadc.diagnostics.suppression import suppress
from fadc.errors import UsageError
from fadc.span import Span


def _found(code: str = "FAD412", line: int = 1) -> Diagnostic:
    slots = {name: "x" for name in rule(code).slots}
    return make(code, Span("a.py", line, 0, line, 1), **slots)


def _codes(found: list[Diagnostic]) -> list[str]:
    return [each.code for each in found]


@pytest.mark.parametrize(
    "comment",
    [
        "# fadc: ignore",
        "# fadc: ignore[FAD412]",
        "# fadc: ignore[ FAD412 ]",
        "# fadc: ignore[FAD41]",
        "#fadc:ignore[FAD412]",
        "# noqa: F821 # fadc: ignore[FAD412]",
    ],
)
def test_a_comment_on_the_line_silences(comment: str) -> None:
    assert suppress([_found()], f"x + w  {comment}\n") == []


@pytest.mark.parametrize(
    "source",
    [
        "x + '# fadc: ignore'\n",
        "x + w\n# fadc: ignore\n",
        'x + """\n# fadc: ignore\n"""\n',
        "x + w  # fadc: ignored\n",
    ],
)
def test_what_is_not_a_comment_on_the_line_does_not(source: str) -> None:
    assert "FAD412" in _codes(suppress([_found()], source))


def test_several_codes_silence_several() -> None:
    source = "x + w  # fadc: ignore[FAD412, FAD411]\n"
    assert suppress([_found("FAD412"), _found("FAD411")], source) == []


def test_only_the_first_line_of_a_diagnostic_counts() -> None:
    found = make("FAD412", Span("a.py", 1, 0, 2, 3), callee="f", function="g")
    assert _codes(suppress([found], "(x +\n w)  # fadc: ignore\n")) == ["FAD412", "FAD901"]


def test_an_unused_code_is_reported_where_the_comment_stands() -> None:
    source = "x + w  # fadc: ignore[FAD412, FAD3]\n"
    (unused,) = suppress([_found()], source, "a.py")
    assert unused.message == "the suppression of FAD3 is not used"
    assert unused.span == Span("a.py", 1, 7, 1, 35)


def test_an_unused_bare_comment_is_reported() -> None:
    (unused,) = suppress([], "y = 1  # fadc: ignore\n", "a.py")
    assert unused.message == "the suppression of every code is not used"


def test_empty_brackets_silence_nothing() -> None:
    assert _codes(suppress([_found()], "x + w  # fadc: ignore[]\n")) == ["FAD412", "FAD901"]


def test_a_syntax_error_cannot_be_silenced() -> None:
    assert _codes(suppress([_found("FAD100")], "x +  # fadc: ignore\n")) == ["FAD100"]


def test_the_result_is_sorted() -> None:
    found = [_found("FAD411", 3), _found("FAD412", 2)]
    source = "a  # fadc: ignore\nx\nx\n"
    assert _codes(suppress(found, source, "a.py")) == ["FAD901", "FAD412", "FAD411"]


@pytest.mark.parametrize("source", ["'fadc:", "(\n# fadc: ignore", "\tx\n  y # fadc:\n", "\0fadc:"])
def test_text_that_cannot_be_tokenized_is_no_matter(source: str) -> None:
    assert "FAD412" in _codes(suppress([_found("FAD412", 9)], source))


def test_select_and_ignore_take_prefixes_and_the_longer_one_wins() -> None:
    found = [_found("FAD412"), _found("FAD411")]
    assert _codes(selected(found, None, None)) == ["FAD412", "FAD411"]
    assert _codes(selected(found, ["FAD412"], None)) == ["FAD412"]
    assert _codes(selected(found, ["FAD412"], ["FAD4"])) == ["FAD412"]
    assert _codes(selected(found, ["FAD"], ["FAD412"])) == ["FAD411"]
    assert _codes(selected([_found("FAD100")], ["FAD4"], ["FAD1"])) == ["FAD100"]


@pytest.mark.parametrize("prefix", ["X", "fad2", "FAD9999", ""])
def test_a_prefix_of_no_code_is_an_error(prefix: str) -> None:
    with pytest.raises(UsageError, match="no code begins with"):
        selected([], [prefix], None)
