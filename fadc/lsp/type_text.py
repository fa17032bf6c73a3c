"""Placements and shapes as short texts, in the syntax of annotations."""

from __future__ import annotations

from dataclasses import replace

from fadc.ir import Array, Leaf, Literal, Node, Placement, Tape, Tree, Type, Value, quoted, rebuild

_PLACED = {Placement.SERVER: "Server", Placement.CLIENTS: "Clients"}


def type_text(tree: Tree, *, shapes: bool = True) -> str:
    """The type of a tree: `Server[Float[Array, "d"]]`, `tuple[Server, Clients]`, `static`.

    Without `shapes`, only placements. No shape is given for a value that may be any pytree.
    """
    match tree:
        case Literal():
            return "static"
        case Value(type=type_):
            return _of_value(type_, shapes)
        case Node(kind="rows", children=(row,)):
            return f"list[{type_text(rebuild(row, _item), shapes=shapes)}]"
    parts = [type_text(child, shapes=shapes) for child in tree.children]
    if tree.kind == "dict":
        listed = (f"{quoted(key)}: {part}" for key, part in zip(tree.keys, parts, strict=True))
        return "{" + ", ".join(listed) + "}"
    return f"[{', '.join(parts)}]" if tree.kind == "list" else f"tuple[{', '.join(parts) or '()'}]"


def _item(value: Value) -> Value:
    """One item of a column of rows."""
    return replace(value, type=value.type.item) if isinstance(value.type, Tape) else value


def _of_value(type_: Type, shapes: bool) -> str:
    match type_:
        case Tape(item=item):
            return f"list[{_of_value(item, shapes)}]"
        case Leaf(placement=where, array=array) if where in _PLACED:
            return f"{_PLACED[where]}[{_of_array(array)}]" if shapes and array else _PLACED[where]
    return "static"


def _of_array(array: Array) -> str:
    """An array in jaxtyping's syntax; `...` for any shape."""
    dims = "..." if array.dims is None else " ".join(array.dims)
    return f'{array.dtype}[Array, "{dims}"]'
