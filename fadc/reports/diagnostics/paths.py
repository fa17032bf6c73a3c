"""Paths as other tools want them: relative to where the command runs, with forward slashes."""

from pathlib import Path


def relative(path: str) -> str:
    """The path from the working directory, or as it is where it lies outside."""
    where = Path(path)
    if where.is_absolute() and where.is_relative_to(Path.cwd()):
        where = where.relative_to(Path.cwd())
    return where.as_posix()
