"""Whatever the text, fixes end, parse, and are all accepted: an editor offers them one by one."""

from __future__ import annotations

import ast
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fadc.diagnostics import all_rules

from ..samples import SAMPLES
from .mending import mended

TEXTS = [rule.bad.source for rule in all_rules()] + [sample.source for sample in SAMPLES]
WORDS = (
    "fed.broadcast(", "fed.broadcast(w)", "fed.map", "fed.mean(", "lambda x:", "w", "x", "(", ")",
    ",", "*", "=", "é", "for _ in range(3):", "if late:", "return ", "\n    ", "# fadc: ignore[FAD2]",
)  # fmt: skip


@st.composite
def mutants(draw: Any) -> str:
    """A program in which up to three words are lost, exchanged or added, or the end is missing."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        lost, new = draw(st.sampled_from(("", *WORDS))), draw(st.sampled_from(("", *WORDS)))
        at = text.find(lost, draw(st.integers(0, len(text))))
        text = text if at < 0 else text[:at] + new + text[at + len(lost) :]
    return text if draw(st.integers(0, 9)) else text[: draw(st.integers(0, len(text)))]


def parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


@settings(max_examples=300, deadline=None, derandomize=True)
@given(mutants())
def test_mutants(text: str) -> None:
    fixed = mended(text)
    assert parses(fixed.text) or not parses(text)
    assert not [each for each in fixed.diagnostics if each.fix is not None]
    assert (fixed.count == 0) == (fixed.text == text)
