"""Values with their placements and types, and the trees that represent composite values.

A composite (a tuple, dict or list whose parts have their own placements) is not a value but a tree
of values; a tape of tuples is a tree of tapes (a ``rows`` node).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from fadc.span import Span


class Placement(Enum):
    """Where a value is: static (known to all before the run), at the server, or one per client."""

    STATIC = "static"
    SERVER = "server"
    CLIENTS = "clients"


@dataclass(frozen=True)
class Array:
    """The annotation of one array: whether it has tangents, and its dimensions.

    Each dimension is an expression, ``n+1``, or several axes, ``*batch``. If any is open, the
    dimensions are None, and ``most`` are upper bounds: ``n`` for an annotated ``#n``.
    """

    differentiable: bool
    dims: tuple[str, ...] | None = None
    dtype: str = "Float"
    most: tuple[str, ...] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Leaf:
    """The type of a value with one placement. ``array`` is None if it may be any pytree.

    ``symbols`` are then the factors of its size, if more than the value's name is known about it.
    """

    placement: Placement
    array: Array | None = None
    symbols: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Tape:
    """The type of a list that a loop fills, once per iteration."""

    item: Type


@dataclass(frozen=True)
class Bundle:
    """The type of the residuals that a called primal sweep returns for its reverse sweep."""

    tree: Node


Type = Leaf | Tape | Bundle


@dataclass(frozen=True, eq=False)
class Value:
    """One SSA value. ``name`` is its preferred name in emitted code.

    ``anonymous`` values had no name in the source: those used once are emitted in place.
    ``derived`` values are not in the source, and must not take names of the source.
    """

    name: str
    type: Type
    span: Span
    anonymous: bool = False
    derived: bool = False

    def __repr__(self) -> str:
        return f"%{self.name}"


@dataclass(frozen=True)
class Literal:
    """A constant known to everyone, as source text: ``1.0``, ``None``."""

    source: str


@dataclass(frozen=True)
class Node:
    """A container of values: ``tuple``, ``list``, ``dict`` (with keys), or ``rows``: a tape of its one child."""

    kind: str
    children: tuple[Tree, ...]
    keys: tuple[str, ...] = ()


Tree = Value | Literal | Node

NONE = Literal("None")


def pack(*children: Tree) -> Node:
    """A tuple of trees."""
    return Node("tuple", children)


def placement(type_: Type) -> Placement:
    """The placement of a value of this type; a bundle counts as the server's."""
    while isinstance(type_, Tape):
        type_ = type_.item
    return type_.placement if isinstance(type_, Leaf) else Placement.SERVER


def differentiable(type_: Type) -> bool:
    """Whether a value of this type may have a tangent."""
    while isinstance(type_, Tape):
        type_ = type_.item
    if not isinstance(type_, Leaf) or type_.placement is Placement.STATIC:
        return False
    return type_.array is None or type_.array.differentiable


def is_several(extent: str) -> bool:
    """Whether a dimension stands for any number of axes."""
    return extent.startswith("*")


def is_array(type_: Type) -> bool:
    """Whether a value of this type is proven to be one array: plain operators work on it."""
    return isinstance(type_, Leaf) and type_.array is not None and type_.array.differentiable


def leaves(tree: Tree) -> Iterator[Value]:
    """The values of a tree, from left to right."""
    if isinstance(tree, Value):
        yield tree
    elif isinstance(tree, Node):
        for child in tree.children:
            yield from leaves(child)


def all_leaves(trees: Iterable[Tree]) -> Iterator[Value]:
    for tree in trees:
        yield from leaves(tree)


def slots(trees: Iterable[Tree]) -> Iterator[Value | Literal]:
    """The leaves of trees, literals included, so that positions agree with those of parameters."""
    for tree in trees:
        if isinstance(tree, Node):
            yield from slots(tree.children)
        else:
            yield tree


def rebuild(tree: Tree, change: Callable[[Value], Tree]) -> Tree:
    """The same tree with other leaves."""
    if isinstance(tree, Value):
        return change(tree)
    if isinstance(tree, Node):
        return replace(tree, children=tuple(rebuild(child, change) for child in tree.children))
    return tree


def part_label(keys: tuple[str, ...], index: int) -> str:
    """The suffix in a part's name: its key, as far as that is valid in a name, or its number."""
    if not keys:
        return str(index)
    return "".join(char if f"_{char}".isidentifier() else "_" for char in keys[index])


def quoted(key: str) -> str:
    """A key as a string literal in double quotes."""
    import json  # Imported here, to save time: most programs have no keys.

    return json.dumps(key, ensure_ascii=False)
