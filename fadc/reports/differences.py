"""The changes that would be made to a file."""

import difflib
import re


def unified(before: bytes, after: bytes, path: str, encoding: str = "utf-8") -> str:
    """A unified diff, as `patch` reads it."""
    old, new = (_lines(content.decode(encoding, "backslashreplace")) for content in (before, after))
    return "".join(_ended(line) for line in difflib.unified_diff(old, new, path, path))


def _lines(text: str) -> list[str]:
    """Lines with their line ends, so that a change of these is shown.

    `str.splitlines` would also split at form feeds, which do not end lines.
    """
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
