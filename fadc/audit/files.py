"""The files of a program: found by what its imports say, read as text, never imported."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

Load = Callable[[PurePosixPath], str | None]
"""Reads a file: its text, or None where there is none."""


@dataclass(frozen=True)
class File:
    """A file. ``name`` is its path as the imports say it: the same wherever the program lies."""

    path: PurePosixPath
    name: str
    text: str


def digest(text: str) -> str:
    """The hash of a text with its lines ending in newlines, as the header of a module has it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return hashlib.sha256(lines.encode()).hexdigest()


def imported_file(here: File, level: int, dotted: str | None, load: Load) -> File | None:
    """The file that an import in another one means; None for what is no part of the program.

    It is looked for beside that file and in the directories above it, the nearest first, a relative
    import (``level`` dots) in its own directory only.
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
    """Directories to look in, each with a path from there."""
    roots = [folder, *folder.parents]
    if level:
        for _ in range(level - 1):
            folder = folder / ".." if folder.name in ("", "..") else folder.parent
        roots = [folder]
    for root in roots:
        if parts:
            yield root, f"{'/'.join(parts)}.py"
        yield root, "/".join([*parts, "__init__.py"])
