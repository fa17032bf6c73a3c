"""No text and no position makes the editor server fail."""

import ast
from itertools import product

import pytest

from fadc.lsp.actions import actions_at
from fadc.lsp.findings import findings_in, mended, reading_of
from fadc.lsp.hints import placement_hints
from fadc.lsp.hover import hover_at
from fadc.span import Span

from ..samples import SAMPLES, Sample
from .program import ROUND

_STEP = 97


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _ask_everything(text: str) -> list[str]:
    """Asks what an editor asks while a text is shown; the codes of its diagnostics."""
    found = findings_in(text, "program.py").diagnostics
    lines = text.split("\n")
    mended(text, "program.py")
    actions_at(text, found, Span("program.py", 1, 0, len(lines), len(lines[-1])))
    reading = reading_of(text, "program.py")
    if reading is not None:
        placement_hints(reading)
        for line, column in product(range(len(lines) + 2), (0, 1, 8, 20, 200)):
            hover_at(reading, line, column)
    return [each.code for each in found]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_half_typed_sample_gives_its_syntax_error_alone(sample: Sample) -> None:
    """Whatever is cut off; where the rest is whole, anything may be wrong with it."""
    text = sample.source
    broken = 0
    for end in range(0, len(text), _STEP):
        codes = _ask_everything(text[:end])
        if "fadc" in text[:end] and not _parses(text[:end]):
            broken += 1
            assert codes == ["FAD100"]
    assert broken


def test_a_program_may_be_wrong_in_any_line() -> None:
    """Each line is left out once, and each is said twice."""
    lines = ROUND.splitlines(keepends=True)
    for index in range(len(lines)):
        _ask_everything("".join(lines[:index] + lines[index + 1 :]))
        _ask_everything("".join(lines[: index + 1] + lines[index:]))


_HEAD = "import fadc as fed\n@fed.computation\ndef f(w: fed.Server) -> fed.Server:\n"


@pytest.mark.parametrize(
    "body",
    [
        'x = w + "\ud800"',
        'x = w + "\0"',
        "\x0cx = w",
        "x = (w,)" + "\n    x = (x,)" * 700,
        "x = " + "-" * 900 + "w",
        "*a, x = w",
        "x = (y := w)",
        "x[0] = w",
        "x = lambda x: (x, w)",
        "x = [w for w in w]",
        "match w:\n        case x: pass",
        "x = f'{w!r:{w}}'",
    ],
)
def test_odd_texts(body: str) -> None:
    """What no parser, encoder or stack likes."""
    _ask_everything(f"{_HEAD}    {body}\n    return x\n")
