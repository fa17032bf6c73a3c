"""Settings from `[tool.fadc]` in pyproject.toml. The command line overrides them."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

from fadc.errors import UsageError

MODES = ("forward", "reverse", "mixed")


@dataclass(frozen=True)
class Configuration:
    """The settings of one file; None for those that are not set."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    strict: bool | None = None
    mechanisms: tuple[str, ...] | None = None
    mode: str | None = None
    output_format: str | None = None
    private_mechanisms: tuple[str, ...] | None = None


_LISTS = ("select", "ignore", "mechanisms", "private-mechanisms")


def configuration_of(path: str) -> Configuration:
    """The settings for a file or directory: of the nearest pyproject.toml with a [tool.fadc].

    Raises UsageError for a file that cannot be read, an unknown key and a value of a wrong type.
    """
    where = os.path.abspath(path)
    return _nearest(where if os.path.isdir(where) else os.path.dirname(where))


def forget_configurations() -> None:
    """Forget the files read so far, so that long-running processes see changes."""
    _nearest.cache_clear()


@cache
def _nearest(directory: str) -> Configuration:
    file = os.path.join(directory, "pyproject.toml")
    table = _table(file)
    if table is not None:
        return _configuration(table, file)
    parent = os.path.dirname(directory)
    return Configuration() if parent == directory else _nearest(parent)


def _table(file: str) -> Mapping[str, Any] | None:
    """The [tool.fadc] table, None if there is no such file or table."""
    try:
        with open(file, "rb") as opened:
            content = opened.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    return _table_in(content, file) if b"fadc" in content else None


def _table_in(content: bytes, file: str) -> Mapping[str, Any] | None:
    # Imported here, since most projects have no such table and every start would take longer.
    import tomllib

    try:
        document = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} is not valid TOML: {error}") from error
    tools = document.get("tool")
    table = tools.get("fadc") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise UsageError(f"{file}: tool.fadc must be a table")
    return table


def _configuration(table: Mapping[str, Any], file: str) -> Configuration:
    known = [each.name.replace("_", "-") for each in fields(Configuration)]
    for key in table:
        if key not in known:
            raise UsageError(f"{file}: unknown key `{key}` in [tool.fadc]{_suggestion(key, known)}")
    values = {key.replace("-", "_"): _value(key, value, file) for key, value in table.items()}
    return Configuration(**values)


def _suggestion(key: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown key that resembles a known one."""
    # Imported here, since only a message needs it.
    from difflib import get_close_matches

    close = get_close_matches(key.replace("_", "-"), known, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _value(key: str, value: Any, file: str) -> Any:
    """The value of a key, lists as tuples."""
    if key in _LISTS:
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        raise UsageError(f"{file}: `{key}` must be a list of strings")
    if key == "strict":
        if isinstance(value, bool):
            return value
        raise UsageError(f"{file}: `{key}` must be true or false")
    return _one_of(key, value, file)


def _one_of(key: str, value: Any, file: str) -> str:
    """The value of a key that has a fixed set of values."""
    # Imported here, since most projects set no format and every start would take longer.
    from fadc.reports.diagnostics import FORMATS

    choices = MODES if key == "mode" else FORMATS
    if isinstance(value, str) and value in choices:
        return value
    raise UsageError(f"{file}: `{key}` must be one of {', '.join(choices)}")
