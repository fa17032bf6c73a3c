"""Paths for other tools: relative to the working directory, with forward slashes."""

from pathlib import Path


def relative(path: str) -> str:
    """The path from the working directory, or unchanged if it is outside."""
    where = Path(path)
    if where.is_absolute() and where.is_relative_to(Path.cwd()):
        where = where.relative_to(Path.cwd())
    return where.as_posix()
