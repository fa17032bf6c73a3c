"""Annotations of dicts whose parts are at several placements.

`dict[str, …]` says the same of all parts, which is enough for a result, since `return` shows its
keys. A parameter does not show its keys: its dict is a `TypedDict`, with an annotation for each
key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fadc.emit.code.nodes import call, dict_, name, subscript, text, tuple_
from fadc.emit.code.queries import indices_of, name_of, string_of
from fadc.emit.code.shapes.base import code
from fadc.emit.code.statements import assignment
from fadc.emit.computations.residual_types import residual_type
from fadc.emit.context import Context
from fadc.emit.local_code import user_code
from fadc.ir import (
    Leaf,
    Node,
    Placement,
    Tape,
    Tree,
    Type,
    Value,
    part_label,
    placement,
    rebuild,
)
from fadc.syntax.modules.typed_dicts import fields_of


def is_plain(tree: Tree) -> bool:
    """Whether every dict in a tree has one placement and no lists, so that it needs no keys."""
    if not isinstance(tree, Node) or not tree.children:
        return True
    if tree.kind == "rows":
        return is_plain(row_of(tree))
    if tree.kind != "dict":
        return all(map(is_plain, tree.children))
    found = set(_placements(tree))
    return len(found) == 1 and None not in found


def row_of(rows: Node) -> Tree:
    """One row of a list of rows."""
    return rebuild(rows.children[0], lambda column: replace(column, type=_item_type(column)))


def _item_type(column: Value) -> Type:
    assert isinstance(column.type, Tape)
    return column.type.item


def _placements(tree: Tree) -> Iterator[Placement | None]:
    """The placements of a tree's leaves; None for lists."""
    if isinstance(tree, Node) and tree.kind != "rows":
        for child in tree.children:
            yield from _placements(child)
    else:
        one = isinstance(tree, Value) and isinstance(tree.type, Leaf)
        yield placement(tree.type) if isinstance(tree, Value) and one else None


@dataclass(frozen=True)
class KeyedAnnotation:
    """Writes the annotation of a tree; ``plain`` writes it for a tree without such dicts."""

    context: Context
    plain: Callable[[Tree], Any]

    def write(self, written: Any, tree: Tree, stem: str) -> Any:
        """What is ``written`` for the tree, keys added; ``stem`` names the dict.

        Before: `dict[str, tuple[fed.Server, fed.Clients]]`, of `out_bar`
        After:  `OutBar`, the `TypedDict("OutBar", {"a": tuple[fed.Server, fed.Clients], …})`
        """
        if is_plain(tree):
            return self.plain(tree) if written is None else written
        assert isinstance(tree, Node)
        if written is None:
            return residual_type(self.context, tree, lambda: self._keyed(None, tree, stem))
        return self._keyed(written, tree, stem)

    def _keyed(self, written: Any, tree: Node, stem: str) -> Any:
        """The same for a tree with such dicts."""
        written = self._behind(written)
        if name_of(written):
            return written
        if tree.kind == "rows":
            row = self.write(_part(written, tree, 0), row_of(tree), f"{stem}_item")
            return container(self.context.python("list"), [row])
        parts = [
            self.write(_part(written, tree, index), child, f"{stem}_{part_label(tree.keys, index)}")
            for index, child in enumerate(tree.children)
        ]
        if tree.kind == "dict":
            return self._defined(stem, tree.keys, parts)
        return container(self.context.python(tree.kind), parts)

    def _behind(self, written: Any) -> Any:
        """The annotation behind quotes and names; the name itself if it is a `TypedDict`."""
        module = self.context.module
        quoted, word = string_of(written), name_of(written)
        if quoted is not None:
            return self._behind(user_code(quoted))
        if word and fields_of(module, word) is None:
            alias = module.aliases.get(word)
            return None if alias is None else self._behind(user_code(module.text.segment(alias)))
        return written

    def _defined(self, stem: str, keys: tuple[str, ...], parts: list[Any]) -> Any:
        """The name of a `TypedDict`; dicts of the same parts share it."""
        fields = dict_(zip(map(text, keys), parts, strict=True))
        key = code(fields)
        if key not in self.context.types:
            word = self.context.fresh("".join(map(str.capitalize, stem.split("_"))))
            value = call(self.context.name("typing.TypedDict"), text(word), fields)
            self.context.types[key] = (word, assignment(name(word), value))
        return name(self.context.use(self.context.types[key][0]))


def container(kind: Any, parts: Sequence[Any]) -> Any:
    """``tuple[a, b]``; without parts ``tuple[()]``."""
    return subscript(kind, *(parts or [tuple_([])]))


def _part(written: Any, tree: Node, index: int) -> Any:
    """The annotation of one part of a composite, if it is known."""
    parts = indices_of(written)
    if not parts:
        return None
    if tree.kind == "tuple":
        return parts[index] if len(parts) == len(tree.children) else None
    return parts[-1]
