"""The placements that an editor shows after the names that a computation binds."""

from __future__ import annotations

from dataclasses import dataclass

from fadc.lsp.type_text import type_text
from fadc.syntax.computations import Reading
from fadc.syntax.cursor import find_bound
from fadc.syntax.scope.bindings import OpenTape
from fadc.syntax.source.nesting import room

_LONGEST = 40


@dataclass(frozen=True)
class Hint:
    """A text to show at a position: lines count from 1, columns from 0 in code points."""

    place: tuple[int, int]
    text: str


@room()
def placement_hints(reading: Reading) -> list[Hint]:
    """`: Server` and the like after each bound name that is placed; static names have no hint."""
    hints = [
        Hint(found.span.end, f": {_brief(type_text(found.meaning, shapes=False))}")
        for found in find_bound(reading)
        if not isinstance(found.meaning, OpenTape)
    ]
    return sorted((hint for hint in hints if hint.text != ": static"), key=lambda h: h.place)


def _brief(text: str) -> str:
    """A hint, shortened so that it does not push the code out of sight."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
