"""The left-hand sides of emitted statements: names for results, and unpacking of containers."""

from __future__ import annotations

from typing import Any

from fadc.emit.code.nodes import name, tuple_
from fadc.emit.code.queries import name_of
from fadc.emit.code.statements import assignment
from fadc.emit.computations.emission import Emission
from fadc.emit.local_code import item_of
from fadc.ir import Node, Tree, Value, leaves, quoted

Target = tuple[Any, list[Any]]
"""A target, and the statements that unpack the dicts in it, which no target can."""


def target_text(emission: Emission, tree: Tree) -> Target:
    """Names for the results of an operation; results that nothing reads are ``_``."""
    names = emission.names
    if isinstance(tree, Value):
        return name(names.values.get(tree, names.unread)), []
    assert isinstance(tree, Node)
    if tree.kind == "rows":
        return name(_list_name(emission, tree)), []
    if tree.kind == "dict":
        word = names.dicts.get(tree)
        return (name(word), items(emission, tree, word)) if word else (name(names.unread), [])
    parts = [target_text(emission, child) for child in tree.children]
    return tuple_([part for part, _ in parts]), [each for _, more in parts for each in more]


def items(emission: Emission, tree: Node, word: str) -> list[Any]:
    """Assignments of a dict's items that are read, each to a name; those of nested dicts follow.

    grad = result["grad"]
    """
    found: list[Any] = []
    for key, child in zip(tree.keys, tree.children, strict=True):
        target, more = target_text(emission, child)
        if name_of(target) != emission.names.unread:
            found += [assignment(target, item_of(f"[{quoted(key)}]", name(word))), *more]
    return found


def _list_name(emission: Emission, rows: Node) -> str:
    """The name of a list of rows, if any of its columns is read."""
    column = next(leaves(rows), None)
    found = emission.names.lists.get(column) if column else None
    return found[0] if found else emission.names.unread
