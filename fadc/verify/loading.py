"""Runs the user's and the emitted module; only `fadc verify` does."""

import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from fadc.errors import UsageError


def load(text: str, path: str, name: str) -> ModuleType:
    """Runs a module's text as the file at `path`, so that its imports are found."""
    directory, package = _home(Path(path).resolve())
    module = ModuleType(f"{package}.{name}" if package else f"_fadc_verified_{name}")
    module.__file__ = filename = f"<{name} of {path}>"
    module.__package__ = package
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    sys.modules[module.__name__] = module
    sys.path.insert(0, directory)
    run(exec, run(compile, text, filename, "exec"), module.__dict__)
    return module


def _home(path: Path) -> tuple[str, str]:
    """The directory from which the file's package is imported, and the package's name."""
    directory, names = path.parent, []
    while (directory / "__init__.py").is_file():
        names.append(directory.name)
        directory = directory.parent
    return str(directory), ".".join(reversed(names))


def run(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a function that runs the user's code; an exception becomes a UsageError of one line."""
    try:
        return function(*arguments)
    except Exception as error:
        raise UsageError(f"the program cannot be run: {told(error)}") from error


def told(error: Exception) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"
