"""Parts of composites and of client values, by attribute and by subscript."""

from __future__ import annotations

import ast

from fadc.ir import Apply, Builtin, Leaf, Literal, Node, Placement, Tape, Tree, Value, placement
from fadc.ir.source_text import enclosed
from fadc.syntax.expressions import client_values
from fadc.syntax.expressions.references import is_federated
from fadc.syntax.scope.bindings import OpenTape
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import assigned, is_poisoned, known_array
from fadc.syntax.source.bound_names import Target
from fadc.syntax.source.names import STATIC_ATTRIBUTES, free_names


def lower_item(
    scope: Scope, node: ast.Attribute | ast.Subscript, target: Target, hint: str
) -> Tree | None:
    """A part of a composite or of a client value; None where it is an ordinary expression."""
    if isinstance(node, ast.Attribute) and node.attr in STATIC_ATTRIBUTES:
        return None
    base: Tree | None = None
    if isinstance(node.value, ast.Name):
        if isinstance(scope.bindings.get(node.value.id), None | OpenTape) or scope.made(node.value):
            return None
        base = scope.look_up(node.value)
    elif isinstance(node.value, ast.Attribute | ast.Subscript):
        base = lower_item(scope, node.value, None, hint)
    elif is_federated(scope, node.value):
        base = scope.lower(node.value)
    if base is None or is_poisoned(base):
        return base
    if isinstance(base, Node):
        return _part(node, base)
    if isinstance(base, Literal):
        return _part_of_constant(scope, node, base)
    if (
        placement(base.type if isinstance(base, Value) else Leaf(Placement.STATIC))
        is Placement.CLIENTS
    ):
        return _client_item(scope, node, base, target, hint)
    return None


def _part(node: ast.Attribute | ast.Subscript, base: Node) -> Tree | None:
    try:
        key = ast.literal_eval(node.slice) if isinstance(node, ast.Subscript) else None
    except (ValueError, TypeError):
        return None
    if base.kind == "dict" and isinstance(key, str) and key in base.keys:
        return base.children[base.keys.index(key)]
    count = len(base.children)
    if base.kind in ("tuple", "list") and isinstance(key, int) and -count <= key < count:
        return base.children[key]
    return None


def _part_of_constant(
    scope: Scope, node: ast.Attribute | ast.Subscript, base: Literal
) -> Literal | None:
    """A part of a constant that a composite holds, as text."""
    if isinstance(node, ast.Attribute):
        return Literal(f"({base.source}).{node.attr}")
    if scope.local_names & set(free_names(node.slice)):
        return None
    return Literal(f"{enclosed(base.source)}[{scope.module.text.segment(node.slice)}]")


def _client_item(
    scope: Scope, node: ast.Attribute | ast.Subscript, base: Tree, target: Target, hint: str
) -> Tree | None:
    if not isinstance(base, Value) or isinstance(base.type, Tape):
        return None
    if isinstance(node, ast.Attribute):
        accessor, label = f".{node.attr}", node.attr
    elif isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
        accessor, label = f"[{scope.module.text.segment(node.slice)}]", node.slice.value
    else:
        return None
    if isinstance(node, ast.Attribute) and client_values.is_method(node.attr, known_array(base)):
        return None
    name = f"{base.name}_{label}" if label.isidentifier() else hint
    result = assigned(target, Leaf(Placement.CLIENTS), scope.span(node), name)
    item = Builtin("item", accessor)
    scope.emit(Apply(item, (base,), result, Placement.CLIENTS, scope.span(node)))
    return result
