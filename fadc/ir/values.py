"""Values: what is placed where, of which type; and the trees that composite values are.

Composite values (tuples, dicts and lists whose parts have placements of their own) do not exist as
values: they are trees of values, and a tape of tuples is a tree of tapes (a ``rows`` node).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from fadc.span import Span


class Placement(Enum):
    """Where a value lives: known to everyone before the program runs, at the server, or one a client."""

    STATIC = "static"
    SERVER = "server"
    CLIENTS = "clients"


@dataclass(frozen=True)
class Array:
    """What an annotation says of one array: whether it has tangents, and its dimensions.

    Each dimension is an expression, ``n+1``, or all axes of a name, ``*batch``; None where one is open.
    ``most`` are then the dimensions that it has at most: ``n`` where the annotation says ``#n``.
    """

    differentiable: bool
    dims: tuple[str, ...] | None = None
    dtype: str = "Float"
    most: tuple[str, ...] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Leaf:
    """A value of one placement. ``array`` is None where it may be any pytree.

    ``symbols`` are then the factors of its size, where more is known of that than its name.
    """

    placement: Placement
    array: Array | None = None
    symbols: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Tape:
    """A list that a loop fills, once per iteration."""

    item: Type


@dataclass(frozen=True)
class Bundle:
    """What a called forward sweep hands to its reverse sweep; nobody looks inside."""

    tree: Node


Type = Leaf | Tape | Bundle


@dataclass(frozen=True, eq=False)
class Value:
    """One SSA value. ``name`` is what emitted code would like to call it.

    ``anonymous`` values had no name in the source: where they are used once, they are written in place.
    ``derived`` ones are none of the source's, and take none of its names.
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
    """The placement of a value of this type; a bundle lives where its maker left it."""
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
    """Whether an extent stands for any number of axes."""
    return extent.startswith("*")


def is_array(type_: Type) -> bool:
    """Whether plain operators work on values of this type: it is proven to be one array."""
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
    """The leaves of trees, literals among them, so that positions agree with parameters."""
    for tree in trees:
        if isinstance(tree, Node):
            yield from slots(tree.children)
        else:
            yield tree


def rebuild(tree: Tree, change: Callable[[Value], Tree]) -> Tree:
    """The same tree over other leaves."""
    if isinstance(tree, Value):
        return change(tree)
    if isinstance(tree, Node):
        return replace(tree, children=tuple(rebuild(child, change) for child in tree.children))
    return tree


def part_label(keys: tuple[str, ...], index: int) -> str:
    """The end of the name of a part: its key, as far as that fits into a name, or else its number."""
    if not keys:
        return str(index)
    return "".join(char if f"_{char}".isidentifier() else "_" for char in keys[index])


def quoted(key: str) -> str:
    """A key as a string literal in double quotes."""
    import json  # Imported here, since most programs have no keys and every check would pay for it.

    return json.dumps(key, ensure_ascii=False)
