"""Which files `check` reads when it is given directories: those that ruff would read.

Files that git ignores are left out if there is a repository and git is installed, and so are the
directories of environments and tools. Stubs (`*.pyi`) are not read: a computation has no body
there.
"""

import os
from collections.abc import Iterable, Iterator
from functools import cache

from fadc.errors import UsageError

_EXCLUDED = frozenset(
    ".bzr .direnv .eggs .git .git-rewrite .hg .ipynb_checkpoints .mypy_cache .nox .pants.d .pyenv "
    ".pytest_cache .pytype .ruff_cache .svn .tox .venv .vscode __pycache__ __pypackages__ _build "
    "buck-out dist node_modules site-packages venv".split()
)

# A repository under review must not run programs through its git configuration.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit")

# A git hook that runs fadc sets variables for its own repository, which is not always the one asked
# about.
_OF_A_HOOK = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})


def discover(paths: Iterable[str]) -> list[str]:
    """Each file once: named files as given, then the `*.py` files of directories in order.

    Raises UsageError for a path that does not exist.
    """
    found: dict[str, str] = {}
    for path in paths:
        if not os.path.exists(path):
            raise UsageError(f"cannot read {path}: it does not exist")
        for file in sorted(_below(path)) if os.path.isdir(path) else [path]:
            found.setdefault(os.path.abspath(file), file)
    return list(found.values())


def _below(directory: str) -> Iterator[str]:
    """The Python files of a directory that git does not ignore, or all of them outside git."""
    listed = _listed_by_git(directory)
    inside = _walked(directory) if listed is None else listed
    for path in inside:
        if not _skipped(directory, path):
            joined = os.path.normpath(os.path.join(directory, path))
            if not path.endswith(".py"):
                yield from _below(joined)
            elif os.path.isfile(joined):
                yield joined


def _listed_by_git(directory: str) -> Iterator[str] | None:
    """Python files and nested repositories as git lists them; None where git cannot decide.

    It cannot outside a repository, and in a named directory that is ignored as a whole.
    """
    if _git(directory, "check-ignore", "--quiet", ".") is not None:
        return None
    listing = _git(directory, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listing is None:
        return None
    return (
        path
        for path in listing.split("\0")
        if path.endswith(".py") or path and _is_repository(os.path.join(directory, path))
    )


def _is_repository(path: str) -> bool:
    """Whether a path is another repository's: a clone, or a submodule that has been checked out."""
    return not os.path.islink(path.rstrip("/")) and os.path.exists(os.path.join(path, ".git"))


def _git(directory: str, *arguments: str) -> str | None:
    """The output of git; None if it fails or is not installed."""
    import subprocess  # Imported here, since a run on named files does not need it.

    environment = {key: value for key, value in os.environ.items() if key not in _OF_A_HOOK}
    command = [*_GIT, "-C", directory, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False, env=environment)
    except OSError:
        return None
    return os.fsdecode(done.stdout) if done.returncode == 0 else None


def _walked(directory: str) -> Iterator[str]:
    for parent, directories, files in os.walk(directory):
        directories[:] = [name for name in directories if not _is_excluded(parent, name)]
        for name in files:
            if name.endswith(".py"):
                yield os.path.relpath(os.path.join(parent, name), directory)


def _skipped(directory: str, path: str) -> bool:
    """Whether a path is, or is in, a directory without sources of the user."""
    *parents, last = path.rstrip("/").split("/")
    names = parents if last.endswith(".py") else [*parents, last]
    return any(
        _is_excluded(os.path.join(directory, *names[:depth]), name)
        for depth, name in enumerate(names)
    )


@cache
def _is_excluded(parent: str, name: str) -> bool:
    """Whether a directory belongs to a tool, or is a virtual environment of any name."""
    return name in _EXCLUDED or os.path.exists(os.path.join(parent, name, "pyvenv.cfg"))
