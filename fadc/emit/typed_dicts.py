"""Annotations of dicts whose parts are at several placements.

`dict[str, …]` says one thing of all parts, which is enough for a result, whose text shows them. A
parameter shows nothing: its dict is a `TypedDict`, with an annotation for each key.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from fadc.emit.context import Context
from fadc.emit.layout import constant, parse
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
    """Whether every dict in a tree is of one placement, without lists: then it needs no keys."""
    if not isinstance(tree, Node) or not tree.children:
        return True
    if tree.kind == "rows":
        return is_plain(row_of(tree))
    if tree.kind != "dict":
        return all(map(is_plain, tree.children))
    found = set(_placements(tree))
    return len(found) == 1 and None not in found


def row_of(rows: Node) -> Tree:
    """One row of a list of rows, whose columns are lists."""
    return rebuild(rows.children[0], lambda column: replace(column, type=_item_type(column)))


def _item_type(column: Value) -> Type:
    assert isinstance(column.type, Tape)
    return column.type.item


def _placements(tree: Tree) -> Iterator[Placement | None]:
    """Where the leaves of a tree are; None for lists."""
    if isinstance(tree, Node) and tree.kind != "rows":
        for child in tree.children:
            yield from _placements(child)
    else:
        one = isinstance(tree, Value) and isinstance(tree.type, Leaf)
        yield placement(tree.type) if isinstance(tree, Value) and one else None


@dataclass(frozen=True)
class KeyedAnnotation:
    """Writes the annotation of a tree; ``plain`` writes that of a tree without such dicts."""

    context: Context
    plain: Callable[[Tree], ast.expr]

    def write(self, written: ast.expr | None, tree: Tree, stem: str) -> ast.expr:
        """What is ``written`` for the tree, keys added; ``stem`` names the dict.

        Before: `dict[str, tuple[fed.Server, fed.Clients]]`, of `out_bar`
        After:  `OutBar`, the `TypedDict("OutBar", {"a": tuple[fed.Server, fed.Clients], …})`
        """
        if is_plain(tree):
            return self.plain(tree) if written is None else written
        assert isinstance(tree, Node)
        written = self._behind(written)
        if isinstance(written, ast.Name):
            return written
        if tree.kind == "rows":
            row = self.write(_part(written, tree, 0), row_of(tree), f"{stem}_item")
            return ast.Subscript(value=self.context.python("list"), slice=row)
        parts = [
            self.write(_part(written, tree, index), child, f"{stem}_{part_label(tree.keys, index)}")
            for index, child in enumerate(tree.children)
        ]
        if tree.kind == "dict":
            return self._defined(stem, tree.keys, parts)
        return ast.Subscript(value=self.context.python(tree.kind), slice=_index(parts))

    def _behind(self, written: ast.expr | None) -> ast.expr | None:
        """What quotes and names stand for; the name itself where it is a `TypedDict`."""
        module = self.context.module
        if isinstance(written, ast.Constant) and isinstance(written.value, str):
            return self._behind(parse(written.value))
        if isinstance(written, ast.Name) and fields_of(module, written.id) is None:
            return self._behind(module.aliases.get(written.id))
        return written

    def _defined(self, stem: str, keys: tuple[str, ...], parts: list[ast.expr]) -> ast.expr:
        """The name of a `TypedDict`; dicts of the same parts share it."""
        fields = ast.Dict(keys=[constant(key) for key in keys], values=[*parts])
        key = ast.dump(fields)
        if key not in self.context.types:
            name = self.context.fresh("".join(map(str.capitalize, stem.split("_"))))
            call = ast.Call(
                func=self.context.name("typing.TypedDict"),
                args=[constant(name), fields],
                keywords=[],
            )
            self.context.types[key] = ast.Assign(targets=[ast.Name(id=name)], value=call)
        (target,) = self.context.types[key].targets
        assert isinstance(target, ast.Name)
        return ast.Name(id=self.context.use(target.id))


def _part(written: ast.expr | None, tree: Node, index: int) -> ast.expr | None:
    """The annotation of one part of a composite, where it can be told."""
    if not isinstance(written, ast.Subscript):
        return None
    parts = written.slice.elts if isinstance(written.slice, ast.Tuple) else [written.slice]
    if tree.kind == "tuple":
        return parts[index] if len(parts) == len(tree.children) else None
    return parts[-1]


def _index(parts: list[ast.expr]) -> ast.expr:
    return parts[0] if len(parts) == 1 else ast.Tuple(elts=parts)
