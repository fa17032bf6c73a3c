"""What a name of a random program stands for: a placement and a kind, or a composite of such."""

from __future__ import annotations

import dataclasses

SERVER, CLIENTS, STATIC = "Server", "Clients", "static"

SCALAR, VECTOR, TREE, EMPTY = "scalar", "vector", "tree", "empty"
HALF, HALF_SCALAR, INTEGER = "half", "half_scalar", "integer"
PAIR, NAMED = "pair", "named"  # A tuple and a dict of a scalar and a vector.
FUNCTION, OPTIMIZER = "function", "optimizer"  # Made of server values, and no values themselves.
OBJECT_KINDS = (FUNCTION, OPTIMIZER)
LOOSE = "loose"  # A scalar that may still be a Python number.
ANY = "any"  # Of a known placement only: nothing reads it.
NUMBER, FACTOR, TRUTH = "number", "factor", "truth"  # Static: 0, 1 or 2; a float; a bool.

PLACED_KINDS = (VECTOR, SCALAR, TREE, HALF, HALF_SCALAR, INTEGER, PAIR, NAMED, EMPTY)
REAL_KINDS = (VECTOR, SCALAR, TREE, HALF, HALF_SCALAR, PAIR, NAMED)
ARRAYS = {
    SCALAR: 'Float[Array, ""]',
    VECTOR: 'Float[Array, "d"]',
    HALF: 'BFloat16[Array, "d"]',
    HALF_SCALAR: 'BFloat16[Array, ""]',
    INTEGER: 'Int[Array, ""]',
    TREE: "PyTree",
    PAIR: "PyTree",
    NAMED: "PyTree",
    EMPTY: "PyTree",
}
STATIC_TYPES = {NUMBER: "int", FACTOR: "float", TRUTH: "bool"}


@dataclasses.dataclass(frozen=True)
class Leaf:
    """One value."""

    placement: str
    kind: str


@dataclasses.dataclass(frozen=True)
class Parts:
    """A tuple, or a dict with these keys."""

    children: tuple[Type, ...]
    keys: tuple[str, ...] = ()

    def display(self, texts: list[str]) -> str:
        """The display of parts with these texts."""
        if self.keys:
            pairs = zip(self.keys, texts, strict=True)
            return "{" + ", ".join(f'"{key}": {text}' for key, text in pairs) + "}"
        return f"({', '.join(texts)}{',' * (len(texts) == 1)})"


@dataclasses.dataclass(frozen=True)
class Tape:
    """A list that a loop has filled; `length` says with how many items, None if nobody knows."""

    item: Type
    length: int | None = dataclasses.field(compare=False, default=None)


Type = Leaf | Parts | Tape


def leaves(type_: Type) -> list[Leaf]:
    """The values that a type consists of."""
    if isinstance(type_, Leaf):
        return [type_]
    parts = type_.children if isinstance(type_, Parts) else (type_.item,)
    return [leaf for part in parts for leaf in leaves(part)]


def holds_tape(type_: Type) -> bool:
    """Whether it is a tape, or a composite with one in it."""
    if isinstance(type_, Parts):
        return any(holds_tape(child) for child in type_.children)
    return isinstance(type_, Tape)


def placement_of(type_: Type) -> str | None:
    """The one placement of all values, or None; static values may stand for server ones."""
    found = {leaf.placement for leaf in leaves(type_)}
    if found <= {SERVER, STATIC}:
        return SERVER if SERVER in found else STATIC
    return CLIENTS if found == {CLIENTS} else None


def joined(first: Type, second: Type) -> Type | None:
    """What a name stands for that is one of these, depending on the path; None for nothing."""
    if any(leaf.kind in OBJECT_KINDS for each in (first, second) for leaf in leaves(each)):
        return None
    if first == second:
        if isinstance(first, Tape) and isinstance(second, Tape):
            return Tape(first.item, first.length if first.length == second.length else None)
        return first
    if isinstance(first, Tape) or isinstance(second, Tape):
        return None
    if isinstance(first, Parts) and isinstance(second, Parts):
        shapes = [(len(each.children), each.keys) for each in (first, second)]
        children = [joined(*pair) for pair in zip(first.children, second.children, strict=False)]
        if shapes[0] == shapes[1] and None not in children:
            return Parts(tuple(child for child in children if child is not None), first.keys)
    places = placement_of(first), placement_of(second)
    if None in places or CLIENTS in places and places[0] != places[1]:
        return None
    return Leaf(_covering(*places), ANY)  # type: ignore[arg-type]


def _covering(first: str, second: str) -> str:
    return first if first == second else SERVER


def is_known(type_: Type) -> bool:
    """Whether it may be read: its kinds are known."""
    return all(leaf.kind != ANY for leaf in leaves(type_))


def annotation(type_: Type, fed: str, shapes: bool) -> str:
    """The annotation of a parameter or a result; `fed` stands in front of `Server`."""
    if isinstance(type_, Tape):
        return f"list[{annotation(type_.item, fed, shapes)}]"
    if isinstance(type_, Leaf):
        if type_.placement == STATIC:
            return STATIC_TYPES[type_.kind]
        placed = f"{fed}{type_.placement}"
        return f"{placed}[{ARRAYS[type_.kind]}]" if shapes else placed
    parts = [annotation(child, fed, shapes) for child in type_.children]
    if type_.keys:
        return f"dict[str, {' | '.join(dict.fromkeys(parts))}]"
    return f"tuple[{', '.join(parts)}]"
