"""What would change in a file."""

import difflib


def unified(before: bytes, after: bytes, path: str) -> str:
    """A unified diff, as `patch` reads it."""
    old, new = (_lines(content) for content in (before, after))
    return "".join(_ended(line) for line in difflib.unified_diff(old, new, path, path))


def _lines(content: bytes) -> list[str]:
    """Lines with their ends, so that a change of line ends is a change."""
    return content.decode("utf-8", "backslashreplace").splitlines(keepends=True)


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
