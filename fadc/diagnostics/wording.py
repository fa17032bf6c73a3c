"""How messages put things."""

from collections.abc import Iterable


def listed(parts: Iterable[str]) -> str:
    """Parts of a sentence: "`a`, `b` and `c`"."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
