"""Declarations: trees of types, with the structure of trees of values."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fadc.ir import Array, Leaf, Placement, Tape, Type, placement, quoted


@dataclass(frozen=True)
class Structure:
    """The tree of types that an annotation declares, with the structure of ``ir.Node``."""

    kind: str
    children: tuple[Structure | Type, ...]
    keys: tuple[str, ...] = ()

    def part(self, key: str) -> Structure | Type:
        """The declaration for a key; a dict with unknown keys declares the same for all."""
        return self.children[self.keys.index(key) if self.keys else 0]


Declared = Structure | Type


def common_type(declared: Declared) -> Type | None:
    """The common type of all parts of tuples and dicts, without arrays; None if there is none."""
    match declared:
        case Leaf(placement=where):
            return Leaf(where)
        case Tape(item=item):
            inner = common_type(item)
            return None if inner is None else Tape(inner)
        case Structure(kind="tuple" | "dict", children=children):
            found = {common_type(child) for child in children}
            return found.pop() if len(found) == 1 else None
    return None


NONE_LEAF = Leaf(Placement.STATIC, Array(False, None, "None"))
"""The type of ``None``, which fits any placement and structure."""


def tape_of(item: Declared) -> Declared:
    """The declaration of a tape of items: for tuples it is a ``rows`` node of tapes."""
    if isinstance(item, Structure):
        return Structure("rows", (_spread(item),))
    return Tape(item)


def _spread(item: Declared) -> Declared:
    if isinstance(item, Structure):
        return Structure(item.kind, tuple(_spread(child) for child in item.children), item.keys)
    return Tape(item)


def join_declared(first: Declared, second: Declared) -> Declared | None:
    """The declaration that covers two: static values may become placed; None if they conflict."""
    if first == second or second == NONE_LEAF:
        return first
    if first == NONE_LEAF:
        return second
    if isinstance(first, Leaf) and isinstance(second, Leaf):
        return _join_leaves(first, second)
    if isinstance(first, Tape) and isinstance(second, Tape):
        item = join_declared(first.item, second.item)
        return Tape(item) if isinstance(item, Leaf | Tape) else None
    if isinstance(first, Leaf | Tape) or isinstance(second, Leaf | Tape):
        return None
    assert isinstance(first, Structure) and isinstance(second, Structure)
    shape = (first.kind, first.keys, len(first.children))
    if shape != (second.kind, second.keys, len(second.children)):
        return None
    children = [join_declared(a, b) for a, b in zip(first.children, second.children, strict=True)]
    if any(child is None for child in children):
        return None
    return Structure(
        first.kind, tuple(child for child in children if child is not None), first.keys
    )


def _join_leaves(first: Leaf, second: Leaf) -> Leaf | None:
    placed = [leaf for leaf in (first, second) if leaf.placement is not Placement.STATIC]
    if len({leaf.placement for leaf in placed}) > 1:
        return None
    if len(placed) == 1:
        return Leaf(placed[0].placement)
    if not placed:
        return Leaf(Placement.STATIC)
    a, b = first.array, second.array
    if a and b and a.differentiable and b.differentiable:
        return Leaf(first.placement, replace(a, dims=a.dims if a.dims == b.dims else None))
    return Leaf(first.placement)


def annotation_of(declared: Declared) -> str:
    """A declaration as an annotation without types: ``tuple[fed.Server, fed.Clients]``."""
    if isinstance(declared, Structure):
        parts = [annotation_of(child) for child in declared.children]
        if declared.kind == "tuple":
            return f"tuple[{', '.join(parts)}]"
        if declared.keys:
            pairs = zip(declared.keys, parts, strict=True)
            return f"{{{', '.join(f'{quoted(key)}: {part}' for key, part in pairs)}}}"
        inner = " | ".join(dict.fromkeys(parts))
        return f"dict[str, {inner}]" if declared.kind == "dict" else f"list[{inner}]"
    if isinstance(declared, Tape):
        return f"list[{annotation_of(declared.item)}]"
    return PLACEMENTS[placement(declared)]


PLACEMENTS = {
    Placement.STATIC: "static",
    Placement.SERVER: "fed.Server",
    Placement.CLIENTS: "fed.Clients",
}
"""Placements as annotations."""
