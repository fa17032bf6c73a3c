"""Placement annotations: from ``fed.Server[Float[Array, "d"]]`` to trees of types."""

from __future__ import annotations

import ast

from fadc.ir import Array, Leaf, Placement
from fadc.syntax.modules.module import Module
from fadc.syntax.modules.typed_dicts import Fields, fields_of
from fadc.syntax.types.declared import Declared, Structure, tape_of
from fadc.syntax.types.dimensions import read_dimensions, read_largest

_PLACED = {"fadc.Server": Placement.SERVER, "fadc.Clients": Placement.CLIENTS}
_LONGEST = 2000
_STATIC = {"int", "float", "bool", "str", "bytes", "Callable", "object", "None"}
_DISCRETE = ("Int", "UInt", "Integer", "Bool", "Key")
_FLOAT = ("Float", "BFloat", "Inexact", "Complex", "Num", "Real", "Shaped")


def read_annotation(
    module: Module, node: ast.expr, seen: frozenset[str] = frozenset()
) -> Declared | ast.expr:
    """The declared types, or the part of the annotation that fadc cannot read.

    ``seen`` holds the aliases that led here.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return _read_string(module, node, seen)
    if isinstance(node, ast.Constant) and node.value is None:
        return Leaf(Placement.STATIC)
    is_global = module.is_global(node)
    fields = fields_of(module, node.id) if isinstance(node, ast.Name) and is_global else None
    if isinstance(node, ast.Name) and fields is not None:
        return _read_fields(module, node, fields, seen)
    if isinstance(node, ast.Name) and node.id in module.aliases and is_global:
        return _read_alias(module, node, seen)
    if isinstance(node, ast.Name) and node.id in module.borrowed and is_global:
        owner, original = module.borrowed[node.id]
        found = read_annotation(owner, ast.Name(original), seen)
        return node if isinstance(found, ast.expr) else found
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _union(module, node, [node.left, node.right], seen)
    name = module.resolve(node.value if isinstance(node, ast.Subscript) else node)
    if name in _PLACED:
        inner = node.slice if isinstance(node, ast.Subscript) else None
        if inner is not None and names_placement(module, inner):
            return node
        return Leaf(_PLACED[name], _array(module, inner) if inner is not None else None)
    if isinstance(node, ast.Subscript) and name is not None:
        return _container(module, node, name.rpartition(".")[2].lower(), seen)
    if name is not None and name.rpartition(".")[2] in _STATIC:
        return Leaf(Placement.STATIC)
    return node


def _read_string(module: Module, node: ast.Constant, seen: frozenset[str]) -> Declared | ast.expr:
    parsed = _parsed(str(node.value))
    if parsed is None:
        return node
    found = read_annotation(module, parsed, seen)
    return node if isinstance(found, ast.expr) else found


def _parsed(text: str) -> ast.expr | None:
    """The expression in a quoted annotation; None if it does not parse."""
    if len(text) > _LONGEST:
        return None
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _read_alias(module: Module, node: ast.Name, seen: frozenset[str]) -> Declared | ast.expr:
    """The annotation behind a name that is bound once: ``Model = fed.Server[PyTree]``."""
    key = f"{module.path}:{node.id}"
    if module.names[node.id] > 1 or key in seen:
        return node
    found = read_annotation(module, module.aliases[node.id], seen | {key})
    return node if isinstance(found, ast.expr) else found


def _read_fields(
    module: Module, node: ast.Name, fields: Fields, seen: frozenset[str]
) -> Declared | ast.expr:
    """A dict with known keys; one static value if nothing in it is placed."""
    key = f"{module.path}:{node.id}"
    children: list[Declared] = []
    for annotation in fields.values():
        child = node if key in seen else read_annotation(module, annotation, seen | {key})
        if isinstance(child, ast.expr):
            return node
        children.append(child)
    if all(child == Leaf(Placement.STATIC) for child in children):
        return Leaf(Placement.STATIC)
    return Structure("dict", tuple(children), tuple(fields))


def _container(
    module: Module, node: ast.Subscript, name: str, seen: frozenset[str]
) -> Declared | ast.expr:
    if name in ("callable", "literal"):
        return Leaf(Placement.STATIC)
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if not parts:
        return Structure("tuple", ()) if name == "tuple" else node
    if name in ("union", "optional"):
        return _union(module, node, parts, seen)
    if name == "annotated":
        return read_annotation(module, parts[0], seen)
    if name == "sequence" or name == "tuple" and _is_ellipsis(parts[-1]):
        return _known_sequence(module, node, parts[0], seen)
    if name == "dict" and len(parts) == 2:
        parts = parts[1:]
    if name not in ("tuple", "list", "dict") or (name != "tuple" and len(parts) != 1):
        return node
    children: list[Declared] = []
    for part in parts:
        child = read_annotation(module, part, seen)
        if isinstance(child, ast.expr):
            return child
        children.append(child)
    if name == "list":
        return tape_of(children[0])
    return Structure(name, tuple(children))


def _union(
    module: Module, node: ast.expr, parts: list[ast.expr], seen: frozenset[str]
) -> Declared | ast.expr:
    """A union whose members have one placement; ``None`` fits any."""
    given = [part for part in parts if not (isinstance(part, ast.Constant) and part.value is None)]
    found: list[Declared] = []
    for part in given:
        read = read_annotation(module, part, seen)
        if isinstance(read, ast.expr):
            return node
        found.append(read)
    if len(found) == 1:
        return found[0]
    where = {each.placement if isinstance(each, Leaf) else None for each in found}
    (placement,) = where if len(where) == 1 else (None,)
    return node if placement is None else Leaf(placement)


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _known_sequence(
    module: Module, node: ast.expr, item: ast.expr, seen: frozenset[str]
) -> Declared | ast.expr:
    """``tuple[int, ...]`` is one static value; tuples of placed values must have a known length."""
    static = Leaf(Placement.STATIC)
    return static if read_annotation(module, item, seen) == static else node


def names_placement(module: Module, node: ast.expr) -> bool:
    """Whether an annotation contains a placement."""
    return any(
        isinstance(inner, ast.Name | ast.Attribute) and module.resolve(inner) in _PLACED
        for inner in ast.walk(node)
    )


def _array(module: Module, node: ast.expr, seen: frozenset[str] = frozenset()) -> Array | None:
    """The array of jaxtyping's ``Float[Array, "n d"]``; None where it may be any pytree."""
    behind = _behind(module, node, seen)
    if behind is not None:
        return _array(*behind)
    if isinstance(node, ast.Name) and module.resolve(node) in ("float", "complex"):
        return Array(True, ())
    if isinstance(node, ast.Name) and module.resolve(node) in ("int", "bool"):
        return Array(False, (), "Int")
    if not isinstance(node, ast.Subscript):
        return None
    name = (module.resolve(node.value) or "").rpartition(".")[2]
    dims = most = None
    if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
        last = node.slice.elts[1]
        if isinstance(last, ast.Constant) and isinstance(last.value, str):
            dims, most = read_dimensions(last.value), read_largest(last.value)
    if name.startswith(_DISCRETE):
        return Array(False, dims, name, most)
    return Array(True, dims, name, most) if name.startswith(_FLOAT) else None


def _behind(
    module: Module, node: ast.expr, seen: frozenset[str]
) -> tuple[Module, ast.expr, frozenset[str]] | None:
    """The type behind quotes or a name: ``Scalar = Float[Array, ""]``."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        parsed = _parsed(node.value)
        return None if parsed is None else (module, parsed, seen)
    if not isinstance(node, ast.Name):
        return None
    if node.id in module.borrowed:
        owner, original = module.borrowed[node.id]
        return owner, ast.Name(original), seen
    key = f"{module.path}:{node.id}"
    if node.id not in module.aliases or module.names[node.id] > 1 or key in seen:
        return None
    return module, module.aliases[node.id], seen | {key}


def part_of_annotation(text: str, label: int | str) -> str:
    """The annotation of one part of a composite, as text; empty where it is not known."""
    node = ast.parse(text, mode="eval").body
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return part_of_annotation(node.value, label)
    if not isinstance(node, ast.Subscript):
        return ""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    if isinstance(label, str):
        chosen = parts[-1]
    elif label < len(parts):
        chosen = parts[label]
    else:
        return ""
    return ast.get_source_segment(text, chosen) or ""
