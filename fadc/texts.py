"""Texts of modules, as fadc reads them: nothing is imported."""

from __future__ import annotations

from pathlib import PurePosixPath


def normalised(source: str) -> str:
    """The text with plain newlines and without a byte order mark."""
    return source.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def read_file(path: PurePosixPath) -> str | None:
    """The text of a file of the program's package, or None if it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            return normalised(file.read())
    except (OSError, UnicodeDecodeError, ValueError):
        return None
