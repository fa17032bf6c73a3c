"""Which files `check` reads when it is given directories."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache

from fadc.errors import UsageError

_SKIPPED = frozenset({"__pycache__", "node_modules"})

# A repository under review must not get to run programs through its own git configuration.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit")


def discover(paths: Iterable[str]) -> list[str]:
    """The files, each once: those named as they are, directories' `*.py` files in order.

    Raises UsageError for a path that does not exist.
    """
    found: dict[str, None] = {}
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"cannot read {path}: it does not exist")
        found.update(dict.fromkeys(_below(path) if os.path.isdir(path) else [path]))
    return list(found)


def _below(directory: str) -> list[str]:
    """The Python files of a directory that git does not ignore, or all of them outside git."""
    listed = _listed_by_git(directory)
    inside = _walked(directory) if listed is None else listed
    kept = (path for path in inside if not _skipped(directory, path))
    joined = (os.path.normpath(os.path.join(directory, path)) for path in kept)
    return sorted(path for path in joined if os.path.isfile(path))


def _listed_by_git(directory: str) -> list[str] | None:
    """Paths from the directory; None outside a repository and in a directory that it ignores."""
    if _git(directory, "check-ignore", "--quiet", ".") is not None:
        return None
    listing = _git(
        directory, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "*.py"
    )
    return None if listing is None else [path for path in listing.split("\0") if path]


def _git(directory: str, *arguments: str) -> str | None:
    """What git prints; None where it fails or is not there."""
    try:
        done = subprocess.run(
            [*_GIT, "-C", directory, *arguments], capture_output=True, check=False
        )
    except OSError:
        return None
    return os.fsdecode(done.stdout) if done.returncode == 0 else None


def _walked(directory: str) -> Iterator[str]:
    for parent, directories, files in os.walk(directory):
        directories[:] = [name for name in directories if not _hidden(name)]
        for name in files:
            if name.endswith(".py"):
                yield os.path.relpath(os.path.join(parent, name), directory)


def _skipped(directory: str, path: str) -> bool:
    """Whether a path lies in a directory that holds no sources of the user's."""
    parents = path.split(os.sep)[:-1]
    where = (os.path.join(directory, *parents[: n + 1]) for n in range(len(parents)))
    return any(map(_hidden, parents)) or any(map(_is_environment, where))


def _hidden(name: str) -> bool:
    return name.startswith(".") or name in _SKIPPED


@cache
def _is_environment(directory: str) -> bool:
    """Whether it is a virtual environment."""
    return os.path.exists(os.path.join(directory, "pyvenv.cfg"))
