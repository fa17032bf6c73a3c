"""The text of a function object's module, as far as Python still knows it.

The text comes from where tracebacks find it: the file, or the `linecache` entry that a notebook
makes for each cell. A cell is only a part of its module, so what it uses of other cells is told to
the reader above it: modules and functions as imports, computations by their definitions. Nothing
of this text is ever run.
"""

import inspect
import linecache
import os
import symtable
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import fadc
from fadc.language.computation import is_computation
from fadc.language.primitives import Aggregator


@dataclass(frozen=True)
class Surroundings:
    """A module's text and the path from which its imports are looked up."""

    text: str
    path: str


def surroundings(function: Callable[..., Any]) -> Surroundings:
    """The module of a computation.

    Raises OSError where its source is not to be had, as `inspect.getsource` does.
    """
    inner = inspect.unwrap(function)
    path, namespace = inner.__code__.co_filename, inner.__globals__
    linecache.checkcache(path)
    text = "".join(linecache.getlines(path, namespace))
    if not text:
        raise OSError(f"the source of `{inner.__name__}` is not to be had: there is no {path}")
    there = path if os.path.exists(path) else os.path.basename(path)
    return Surroundings(_completed(text, namespace), there)


def _completed(text: str, namespace: Mapping[str, Any]) -> str:
    """A cell's text, and above it what it uses of other cells."""
    parts, known = [text], {"fadc"}
    for part in parts:
        read, bound = _names(part)
        known |= bound
        for name in sorted(read & namespace.keys() - known):
            known.add(name)
            parts.append(_told(name, namespace[name], namespace))
    above = sorted(parts[1:], key=lambda part: part.startswith("@"))  # Imports come first.
    return "\n".join([*above, "\n", text]) if above else text


def _told(name: str, value: Any, namespace: Mapping[str, Any]) -> str:
    """A statement from which the reader learns what a name of another cell is."""
    home = namespace.get("__name__", "__main__")
    if isinstance(value, ModuleType):
        return f"import {value.__name__} as {name}"
    if isinstance(value, Aggregator):
        declared = f'{name} = fadc.aggregator("{value.name}", like=fadc.{value.like})'
        return f"import fadc\n{declared}"
    if is_computation(value) and value.__module__ == home and value.__name__ == name:
        return inspect.getsource(value)
    for origin, original in _origins(value):
        if origin != home:
            return f"from {origin} import {original} as {name}"
    return f"from {home} import {name}"


def _origins(value: Any) -> Iterator[tuple[str, str]]:
    """From where, and under which name, an object can be imported."""
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
    except SyntaxError:  # The pipeline says so, with a span.
        return set(), set()
    bound = {s.get_name() for s in tables[0].get_symbols() if s.is_assigned() or s.is_imported()}
    read: set[str] = set()
    for table in tables:
        tables += table.get_children()
        top = table is tables[0]
        read |= {s.get_name() for s in table.get_symbols() if top or s.is_global()}
    return {name for name in read if not name.startswith("__")}, bound
