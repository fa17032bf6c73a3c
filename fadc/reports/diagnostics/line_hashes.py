"""The hash by which GitHub's code scanning recognises a line when the file around it has changed.

It is that of github/codeql-action (src/fingerprints.ts), which compares it with its own and warns
of differences.
"""

from collections import Counter
from collections.abc import Iterator

_LENGTH = 100  # number of characters hashed, from the start of the line
_FACTOR = 37
_END_OF_FILE = 0xFFFF


def line_hashes(source: str) -> list[str]:
    """One hash per line, of the text from there on without blanks, with a count of occurrences."""
    seen: Counter[int] = Counter()
    found = []
    for value in _values(source):
        seen[value] += 1
        found.append(f"{value:x}:{seen[value]}")
    return found


def _values(source: str) -> Iterator[int]:
    units = _units(source)
    starts = [0, *(position + 1 for position, unit in enumerate(units) if unit == ord("\n"))]
    padded = [*units, _END_OF_FILE, *[0] * (_LENGTH - 1)]
    for start in starts:
        value = 0
        for unit in padded[start : start + _LENGTH]:
            value = (value * _FACTOR + unit) % 2**64
        yield value


def _units(source: str) -> list[int]:
    """The UTF-16 code units of a text, as in JavaScript."""
    text = source.replace("\r\n", "\n").replace("\r", "\n").replace(" ", "").replace("\t", "")
    content = text.encode("utf-16-le", "surrogatepass")
    return [low | high << 8 for low, high in zip(content[::2], content[1::2], strict=True)]
