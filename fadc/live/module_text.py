"""The text of a function object's module, updated to the state of the running program.

The text comes from where tracebacks find it: the file, or the `linecache` entry that a notebook
makes for each cell. Names that have been rebound since (a helper that another cell has redefined,
`module.helper = other`) and, for a cell, names of other cells are added to it: modules and
functions as imports, computations as definitions. The text is only read, never run.
"""

import ast
import inspect
import linecache
import os
import re
import symtable
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import ModuleType
from typing import Any

import fadc
from fadc.language.computation import is_computation
from fadc.language.primitives import DeclaredAggregator
from fadc.live.rebound_names import GENERATED, is_unaltered, rebound, without
from fadc.live.running_code import defines, is_running
from fadc.texts import read_file


@dataclass(frozen=True)
class Surroundings:
    """A module's text and the path from which its imports are looked up."""

    text: str
    path: str


def surroundings(function: Callable[..., Any]) -> Surroundings:
    """The module of a computation.

    Raises OSError where its source cannot be read, as `inspect.getsource` does, or is not the source of the
    function that runs.
    """
    inner = inspect.unwrap(function)
    path, namespace = inner.__code__.co_filename, inner.__globals__
    text = _text_of(inner, inner.__name__)
    there = path if os.path.exists(path) else os.path.basename(path)
    names = dict(namespace)
    if not path.startswith(GENERATED):
        names[inner.__name__] = function  # The user asks for the derivative of this very function.
    return Surroundings(_current(text, path, names), there)


def _text_of(function: Any, name: str) -> str:
    """The text that defines a function. Raises OSError, by the given name, where there is none."""
    path = function.__code__.co_filename
    linecache.checkcache(path)
    text = "".join(linecache.getlines(path, function.__globals__))
    if not text or (path == "<string>" and not defines(text, path, function)):
        raise OSError(f"the source of `{name}` is not to be had: there is no {path}")
    return text


def current_file(path: PurePosixPath) -> str | None:
    """The text of a file of the program's package, None if there is none.

    If the file has been imported, the text is updated to the state of the running program.
    """
    text, wanted = read_file(path), os.path.realpath(path)
    for module in [*sys.modules.values()] if text else []:
        file = getattr(module, "__file__", None)
        if isinstance(module, ModuleType) and file and os.path.realpath(file) == wanted:
            return _current(text or "", file, vars(module))
    return text


def _current(text: str, path: str, namespace: Mapping[str, Any]) -> str:
    """A module's text without the statements that no longer hold, and completed by what it uses."""
    if path.startswith(GENERATED):  # It was derived from the current program.
        return _completed(text, namespace)
    for value in namespace.values():
        if is_computation(value) and not is_running(text, path, inspect.unwrap(value)):
            raise OSError(
                f"the source of `{value.__name__}` is not what runs: {path} has changed since it "
                "was imported. Import it anew"
            )
    return _completed(without(text, rebound(text, path, namespace)), namespace)


def _completed(text: str, namespace: Mapping[str, Any]) -> str:
    """The text with statements added that bind the names which it uses and does not bind.

    Imports are added above it, computations below.
    """
    parts, known = [text], {"fadc"}
    for part in parts:
        read, bound = _names(part)
        known |= bound
        for name in sorted(read & namespace.keys() - known):
            known.add(name)
            parts.append(_told(name, namespace[name], namespace))
    lines = text.splitlines(keepends=True)
    first = _first_line(text)
    above = [f"{part}\n" for part in parts[1:] if not _is_definition(part)]
    below = [f"\n\n{part}" for part in parts[1:] if _is_definition(part)]
    return "".join([*lines[:first], *above, *lines[first:], *below])


def _is_definition(part: str) -> bool:
    return part.startswith("@")


def _first_line(text: str) -> int:
    """The number of lines that must come first: up to the last import from `__future__`."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    futures = (n for n in body if isinstance(n, ast.ImportFrom) and n.module == "__future__")
    return max((node.end_lineno or 0 for node in futures), default=0)


def _told(name: str, value: Any, namespace: Mapping[str, Any]) -> str:
    """A statement for the compiler to read, which binds a name that the text does not bind."""
    home = namespace.get("__name__", "__main__")
    if isinstance(value, ModuleType):
        return f"import {value.__name__} as {name}"
    if isinstance(value, DeclaredAggregator):
        declared = f'{name} = fadc.aggregator("{value.name}", like=fadc.{value.like})'
        return f"import fadc\n{declared}"
    if type(value) in (bool, int, str) or value is None:
        return f"{name} = {value!r}"
    if is_computation(value) and _belongs(value, namespace):
        return _definition(name, value)
    for origin, original in _origins(value):
        if origin != home:
            return f"from {origin} import {original} as {name}"
    if is_computation(value):
        raise OSError(
            f"the source of `{name}` is not to be had: it is not `{home}` that defines it"
        )
    # Nothing is known about it except that it does not belong to fadc.
    return f"from __main__ import {name}"


def _belongs(computation: Any, namespace: Mapping[str, Any]) -> bool:
    """Whether a computation's globals are those of the module."""
    inner = inspect.unwrap(computation).__globals__
    return all(inner.get(name) == namespace.get(name) for name in ("__name__", "__file__"))


def _definition(name: str, computation: Any) -> str:
    """The text that defines a computation, under the name by which it is called."""
    inner = inspect.unwrap(computation)
    if not is_unaltered(computation) or inner.__closure__:
        what = "is defined in a function" if inner.__closure__ else "is wrapped in another function"
        raise OSError(f"the source of `{name}` is not to be had: it {what}")
    _text_of(inner, name)  # `inspect` may find another text, or none at that line.
    text = textwrap.dedent(inspect.getsource(inner))
    return re.sub(
        rf"^(\s*def\s+){inner.__name__}\b", rf"\g<1>{name}", text, count=1, flags=re.MULTILINE
    )


def _origins(value: Any) -> Iterator[tuple[str, str]]:
    """The modules from which an object can be imported, each with its name there."""
    for public in fadc.__all__:
        if getattr(fadc, public) is value:
            yield "fadc", public
    module, name = str(getattr(value, "__module__", "")), str(getattr(value, "__name__", ""))
    if value is not None and getattr(sys.modules.get(module), name, None) is value:
        yield module, name


def _names(text: str) -> tuple[set[str], set[str]]:
    """The global names that a text reads, and those that it binds."""
    try:
        tables = [symtable.symtable(text, "", "exec")]
    except SyntaxError:  # The pipeline reports it, with a span.
        return set(), set()
    bound = {s.get_name() for s in tables[0].get_symbols() if s.is_assigned() or s.is_imported()}
    read: set[str] = set()
    for table in tables:
        tables += table.get_children()
        top = table is tables[0]
        read |= {s.get_name() for s in table.get_symbols() if top or s.is_global()}
    return {name for name in read if not name.startswith("__")}, bound
