"""Text of unknown origin, made safe and measurable for a terminal.

A program under review may contain escape sequences or bidirectional controls that would change what
the reviewer sees; none of them reaches the terminal.
"""

import re
from unicodedata import category, combining, east_asian_width

_TAB = 4


def printable(text: str) -> str:
    """The text on one line, with tabs as spaces and all controls visible."""
    return "".join(_printable_character(character) for character in text)


def source_lines(source: str) -> list[str]:
    """The lines as Python counts them: `str.splitlines` also splits at form feeds and others."""
    return re.split(r"\r\n|\r|\n", source)


def width(text: str) -> int:
    """The width of a printable text in terminal cells."""
    return sum(_cells(character) for character in text)


def _printable_character(character: str) -> str:
    if character == "\t":
        return " " * _TAB
    if category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return "\N{REPLACEMENT CHARACTER}"
    return character


def _cells(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
