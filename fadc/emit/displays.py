"""Displays of composites: ``(a, b)``, ``{"w": a}``, and lists of rows zipped from lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from fadc.emit.code.nodes import (
    call,
    dict_,
    keyword,
    list_,
    name,
    text,
    tuple_,
    without_parentheses,
)
from fadc.emit.code.queries import innermost
from fadc.emit.code.templates import expression
from fadc.emit.context import Context
from fadc.emit.local_code import user_code
from fadc.ir import Literal, Node, Tree, Value, leaves


def display(context: Context, tree: Node, parts: Sequence[Any]) -> Any:
    """The display of a node's parts."""
    if tree.kind == "dict":
        return dict_(zip(map(text, tree.keys), parts, strict=True))
    if tree.kind == "list":
        return list_(parts)
    if tree.kind == "rows":
        return _rows(context, tree, parts)
    return tuple_(parts)


def displayed(context: Context, trees: Sequence[Tree], values: Iterator[Any]) -> list[Any]:
    """Displays of trees, with an expression for each value in them, from left to right."""

    def build(tree: Tree) -> Any:
        if isinstance(tree, Literal):
            return user_code(tree.source)
        if isinstance(tree, Value):
            return next(values)
        return display(context, tree, [build(child) for child in tree.children])

    return [build(tree) for tree in trees]


def zipped(context: Context, parts: Sequence[Any]) -> Any:
    """``zip(a, b, strict=True)``."""
    return call(context.python("zip"), *parts, keyword("strict", name("True")))


def _rows(context: Context, tree: Node, parts: Sequence[Any]) -> Any:
    """A list of rows zipped from lists: ``list(zip(a, b, strict=True))``."""
    (row,) = tree.children
    columns = tuple(leaves(row))
    rows = zipped(context, list(innermost(parts)))
    if isinstance(row, Node) and row.kind == "tuple" and row.children == columns:
        return call(context.python("list"), rows)
    names = [name(f"item_{index}") for index in range(len(columns))]
    [item] = displayed(context, (row,), iter(names))
    target = without_parentheses(tuple_(names))
    return expression("[$item for $target in $rows]", item=item, target=target, rows=rows)
