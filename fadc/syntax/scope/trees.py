"""Trees of values: made for declarations and targets, and described for messages."""

from __future__ import annotations

from fadc.ir import (
    NONE,
    Array,
    Leaf,
    Literal,
    Node,
    Placement,
    Tape,
    Tree,
    Type,
    Value,
    all_leaves,
    leaves,
    part_label,
    placement,
)
from fadc.span import Span
from fadc.syntax.scope.bindings import POISON
from fadc.syntax.source.bound_names import Target
from fadc.syntax.types.declared import NONE_LEAF, PLACEMENTS, Declared, Structure


def is_poisoned(*trees: Tree) -> bool:
    return POISON in all_leaves(trees)


def is_unknown(binding: object) -> bool:
    """Whether a name is bound to a placeholder for an error."""
    return isinstance(binding, Value) and is_poisoned(binding)


def new_tree(declared: Declared, name: str, span: Span, target: Target = None) -> Tree:
    """Fresh values for a declaration; ``target`` names the parts if the source does."""
    if isinstance(declared, Structure):
        if declared.kind == "rows":
            names = target if isinstance(target, tuple) else None
            return Node("rows", (new_tree(declared.children[0], f"{name}_item", span, names),))
        children = []
        for index, child in enumerate(declared.children):
            part = target[index] if isinstance(target, tuple) and index < len(target) else None
            label = part_label(declared.keys, index)
            children.append(
                new_tree(
                    child,
                    part if isinstance(part, str) and part != "_" else f"{name}_{label}",
                    span,
                    part,
                )
            )
        return Node(declared.kind, tuple(children), declared.keys)
    return Value(name, declared, span)


def declared_of(tree: Tree) -> Declared:
    """The declaration that a tree of values satisfies."""
    if isinstance(tree, Node):
        return Structure(tree.kind, tuple(declared_of(child) for child in tree.children), tree.keys)
    if is_none(tree):
        return NONE_LEAF
    return tree.type if isinstance(tree, Value) else Leaf(Placement.STATIC)


def assigned(target: Target, tree_type: Type, span: Span, hint: str) -> Tree:
    """Fresh values of one type for an assignment target."""
    if isinstance(target, tuple):
        unknown = Leaf(placement(tree_type))
        return Node("tuple", tuple(assigned(part, unknown, span, hint) for part in target))
    return Value(target or hint, tree_type, span, anonymous=target is None)


def placements(tree: Tree) -> set[Placement]:
    """The placements of the leaves of a tree; literals are static."""
    found = {placement(value.type) for value in leaves(tree)}
    return found or {Placement.STATIC}


def one_placement(tree: Tree) -> Placement | None:
    """The placement of a tree whose placed leaves agree, else None."""
    found = placements(tree) - {Placement.STATIC}
    return next(iter(found)) if len(found) == 1 else (None if found else Placement.STATIC)


def flat(tree: Tree) -> list[Tree]:
    """The leaves of a tree, including literals."""
    if isinstance(tree, Node):
        return [leaf for child in tree.children for leaf in flat(child)]
    return [tree]


def is_none(tree: Tree) -> bool:
    return isinstance(tree, Literal) and tree.source == NONE.source


def describe(tree: Tree) -> str:
    """A placement in words, for messages."""
    if isinstance(tree, Node) and one_placement(tree) is None:
        return "a composite of server and client values"
    if (
        isinstance(tree, Node)
        and tree.kind == "rows"
        or isinstance(tree, Value)
        and isinstance(tree.type, Tape)
    ):
        return f"a tape of {_WORDS[one_placement(tree) or Placement.STATIC]} values"
    if isinstance(tree, Node) and one_placement(tree) is Placement.CLIENTS and has_constants(tree):
        return "a composite of client values and constants"
    return f"a {_WORDS[one_placement(tree) or Placement.STATIC]} value"


def has_constants(tree: Node) -> bool:
    """Whether a composite contains a constant or another static value, other than None."""
    return any(
        has_constants(child)
        if isinstance(child, Node)
        else child != NONE and one_placement(child) is Placement.STATIC
        for child in tree.children
    )


def word(tree: Tree) -> str:
    """The placement of a tree as an adjective."""
    where = one_placement(tree)
    return _WORDS[where] if where else "placed"


def declaration(tree: Tree) -> str:
    """The placement of a tree as an annotation."""
    where = one_placement(tree)
    return PLACEMENTS[where] if where else "composite"


_WORDS = {Placement.STATIC: "static", Placement.SERVER: "server", Placement.CLIENTS: "client"}


def known_array(tree: Tree) -> Array | None:
    """The array that a value is declared or proven to be."""
    return tree.type.array if isinstance(tree, Value) and isinstance(tree.type, Leaf) else None
