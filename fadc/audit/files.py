"""The files of a program, found by its imports and read as text, never imported."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

Load = Callable[[PurePosixPath], str | None]
"""Reads a file: its text, or None if there is none."""


@dataclass(frozen=True)
class File:
    """A file. ``name`` is its path as in the imports, independent of the program's directory."""

    path: PurePosixPath
    name: str
    text: str


def digest(text: str) -> str:
    """The hash of a text with plain newlines, as in the header of an emitted module."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(lines.encode()).hexdigest()


def imported_file(here: File, level: int, dotted: str | None, load: Load) -> File | None:
    """The file that an import in another one refers to; None if it is not part of the program.

    It is searched for beside that file and in the directories above it, the nearest first; for a
    relative import (``level`` dots) only in that import's directory.
    """
    parts = dotted.split(".") if dotted else []
    if parts[:1] == ["fadc"] and not level:
        return None
    for root, inner in _candidates(here.path.parent, level, parts):
        path = root / inner
        text = None if path == here.path else load(path)
        if text is not None:
            above = [posixpath.dirname(here.name), *[".."] * (level - 1)] if level else []
            return File(path, posixpath.normpath(posixpath.join(*above, inner)), text)
    return None


def _candidates(
    folder: PurePosixPath, level: int, parts: list[str]
) -> Iterator[tuple[PurePosixPath, str]]:
    """The directories to search, each with a path from there."""
    roots = [folder, *folder.parents]
    if level:
        for _ in range(level - 1):
            folder = folder / ".." if folder.name in ("", "..") else folder.parent
        roots = [folder]
    for root in roots:
        if parts:
            yield root, f"{'/'.join(parts)}.py"
        yield root, "/".join([*parts, "__init__.py"])
