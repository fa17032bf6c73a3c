"""Quotations of primal statements, above the statements derived from them."""

from __future__ import annotations

import ast
import textwrap
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from fadc.emit.code.user import statement_on_one_line
from fadc.span import Span
from fadc.syntax.modules.module import Module

_LONGEST = 88
"""The width of a quotation in columns."""

Quotable = ast.stmt | ast.arg


@dataclass(frozen=True)
class Quote:
    """A quoted primal statement: its position, and the lines of the comment that quotes it."""

    start: tuple[str, int, int]
    lines: tuple[str, ...]


def quoted(module: Module, span: Span, foreign: bool) -> Quote:
    """The statement or parameter at a position, quoted; of a loop or a branch the first line.

    ``foreign`` modules are named. A statement that is too long for one line takes several.
    """
    places, nodes = _quotable(module)
    index = max(bisect_right(places, span.start) - 1, 0)
    node, line = nodes[index], places[index][0]
    place = f"{PurePosixPath(module.path).name}, line" if foreign else "Line"
    lines = _filled(f"{place} {line}: {_whole(module, node)}")
    return Quote((module.path, *places[index]), tuple(lines))


def _filled(text: str) -> list[str]:
    """A long comment on several lines."""
    return textwrap.wrap(
        text, _LONGEST, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


@lru_cache(maxsize=64)
def _quotable(module: Module) -> tuple[list[tuple[int, int]], list[Quotable]]:
    """The statements and parameters of a module's computations, with their positions."""
    found = [node for each in module.computations.values() for node in _inside(each)]
    found.sort(key=lambda node: module.text.span(node).start)
    return [module.text.span(node).start for node in found], found


def _inside(node: ast.stmt) -> Iterator[Quotable]:
    """A statement, and those inside it."""
    yield node
    if isinstance(node, ast.FunctionDef):
        args = node.args
        yield from (*args.posonlyargs, *args.args, *args.kwonlyargs)
    for block in (getattr(node, "body", []), getattr(node, "orelse", [])):
        for each in block:
            yield from _inside(each)


def _whole(module: Module, node: Quotable) -> str:
    """A statement on one line, without comments."""
    text = module.text.slice(module.text.span(node))
    compound = isinstance(node, ast.For | ast.If)
    if "\n" not in text:
        return text + ":" * compound
    before = "el" if text.startswith("elif") else ""
    return before + statement_on_one_line(text.removeprefix(before), compound)
