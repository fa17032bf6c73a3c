"""Expressions: from Python's to applications over placed values."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fadc.ir import (
    Apply,
    Builtin,
    Leaf,
    Literal,
    Node,
    Placement,
    Tape,
    Tree,
    Value,
    placement,
)
from fadc.syntax import client_values, names
from fadc.syntax.hidden import federated_reference, hidden_primitive
from fadc.syntax.modules import PACKAGE
from fadc.syntax.names import STATIC_ATTRIBUTES
from fadc.syntax.scope import (
    POISON,
    OpenTape,
    Scope,
    Target,
    assigned,
    is_poisoned,
    one_placement,
)


def lower(scope: Scope, node: ast.expr, target: Target = None, hint: str = "value") -> Tree:
    """Read an expression: emit its operations into the scope, return the tree of its result."""
    match node:
        case ast.Constant():
            return Literal(scope.module.text.segment(node))
        case ast.Name():
            return lower_name(scope, node)
        case ast.Call():
            found = lower_call(scope, node, target, hint)
            if found is not None:
                return found
        case ast.Tuple(elts=[]):
            return Node("tuple", ())
        case ast.Tuple(elts=elements) | ast.List(elts=elements) if elements:
            return _lower_display(scope, node, elements, target)
        case ast.Dict(keys=keys, values=values) if values and all(map(_is_text, keys)):
            return _lower_display(scope, node, values, target)
        case ast.IfExp() if any(True for _ in federated_nodes(scope, node.body, node.orelse)):
            from fadc.syntax.branches import lower_conditional

            return lower_conditional(scope, node, target, hint)
        case ast.ListComp():
            from fadc.syntax.tape_lists import lower_rows

            rows = lower_rows(scope, node)
            if rows is not None:
                return rows
        case ast.Attribute() | ast.Subscript():
            item = lower_item(scope, node, target, hint)
            if item is not None:
                return item
    from fadc.syntax.linear import lower_linear
    from fadc.syntax.server_expressions import lower_expression

    linear = lower_linear(scope, node, target, hint)
    return lower_expression(scope, node, target, hint) if linear is None else linear


def _is_text(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


def lower_name(scope: Scope, node: ast.Name) -> Tree:
    """A local's tree, or the name of a global as a constant."""
    found = scope.look_up(node)
    if found is None:
        if scope.module.resolve(node) == PACKAGE:
            return refuse_package(scope, node)
        return POISON if refuse_global(scope, node) else Literal(node.id)
    return found


def refuse_package(scope: Scope, node: ast.Name) -> Value:
    """Report fadc itself as a value: what is called through it cannot be read."""
    problem = "used without being called"
    return scope.report("FAD123", node, primitive=f"{node.id}.…", problem=problem)


def refuse_global(scope: Scope, node: ast.Name | ast.Attribute) -> bool:
    """Refuse a name that is not local and that stands for a primitive, hides one, or is undefined."""
    if node in scope.module.undefined:
        return True
    text = scope.module.text.segment(node)
    if federated_reference(scope.module, node):
        scope.report("FAD123", node, primitive=text, problem="used without being called")
        return True
    hidden = hidden_primitive(scope.module, node.id) if isinstance(node, ast.Name) else None
    if hidden is not None:
        problem = f"used inside `{text}`, which is no computation"
        scope.report("FAD123", node, primitive=hidden, problem=problem)
    return hidden is not None


def lower_call(scope: Scope, node: ast.Call, target: Target, hint: str) -> Tree | None:
    """A call of a primitive, a computation or a local function of fadc; None for any other."""
    from fadc.syntax.calls import lower_computation_call, lower_local
    from fadc.syntax.primitives import lower_primitive

    if names.root(node.func) in scope.local_names:
        return None
    primitive = scope.module.primitive(node.func)
    if primitive is not None:
        return lower_primitive(scope, primitive, node, target, hint)
    if _is_unresolved(scope, node):
        return POISON
    if computation_key(scope, node.func) is not None:
        return lower_computation_call(scope, node, target, hint)
    return lower_local(scope, node, target, hint)


def _is_unresolved(scope: Scope, node: ast.Call) -> bool:
    """Whether an imported function whose text is not there is called with client values."""
    missing = scope.module.missing.get(node.func.id) if isinstance(node.func, ast.Name) else None
    arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
    if missing is None or not any(True for _ in federated_nodes(scope, *arguments)):
        return False
    alias, module = missing
    scope.module.report("FAD126", alias, name=alias.name, module=module)
    return True


def computation_key(scope: Scope, callee: ast.expr) -> tuple[str, str] | None:
    """The module path and the name of the computation that a callee names."""
    found = scope.module.computation(callee)
    return None if found is None else (found[0].path, found[1])


def is_federated(scope: Scope, node: ast.expr) -> bool:
    """Whether an expression is itself a call of a primitive or a computation."""
    if not isinstance(node, ast.Call):
        return False
    if names.root(node.func) in scope.local_names:
        return False
    return (
        scope.module.primitive(node.func) is not None
        or computation_key(scope, node.func) is not None
    )


def federated_nodes(scope: Scope, *roots: ast.expr) -> Iterator[ast.expr]:
    """The federated calls, and the client values, inside expressions."""
    for root in roots:
        for node, bound, _ in names.visit(root):
            if is_federated(scope, node):
                yield node
            elif isinstance(node, ast.Name) and node.id not in bound:
                binding = scope.bindings.get(node.id)
                if (
                    isinstance(binding, Value | Node)
                    and one_placement(binding) is Placement.CLIENTS
                ):
                    yield node


def names_read(scope: Scope, node: ast.expr) -> Iterator[str]:
    """The free names of an expression that it reads itself: not those that it gives to messages."""
    stack: list[names.Visit] = [(node, frozenset(), ())]
    while stack:
        current, bound, scopes = stack.pop()
        if is_federated(scope, current):
            continue
        if isinstance(current, ast.Name) and current.id not in bound:
            yield current.id
        stack.extend(reversed(list(names.inside(current, bound, scopes))))


def _lower_display(
    scope: Scope, node: ast.Tuple | ast.List | ast.Dict, elements: list[ast.expr], target: Target
) -> Tree:
    """A display: a tree of its elements, or a constant where all of them are."""
    parts = []
    for index, element in enumerate(elements):
        if isinstance(element, ast.Starred):
            return scope.report("FAD107", element, what="element")
        part = target[index] if isinstance(target, tuple) and len(target) == len(elements) else None
        parts.append(lower(scope, element, part, hint=_element_hint(target, index)))
    unpacked = isinstance(target, tuple) and len(target) == len(parts)
    known = all(isinstance(part, Literal) for part in parts)
    if known and not unpacked and not scope.local_names & set(names.free_names(node)):
        return Literal(scope.module.text.segment(node))
    if isinstance(node, ast.Dict):
        keys = tuple(str(key.value) for key in node.keys if isinstance(key, ast.Constant))
        return Node("dict", tuple(parts), keys)
    return Node("tuple" if isinstance(node, ast.Tuple) else "list", tuple(parts))


def _element_hint(target: Target, index: int) -> str:
    return f"{target}_{index}" if isinstance(target, str) else "value"


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
        base = lower(scope, node.value)
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
    if scope.local_names & set(names.free_names(node.slice)):
        return None
    return Literal(f"({base.source})[{scope.module.text.segment(node.slice)}]")


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
    array = base.type.array if isinstance(base.type, Leaf) else None
    if isinstance(node, ast.Attribute) and client_values.is_method(node.attr, array):
        return None
    name = f"{base.name}_{label}" if label.isidentifier() else hint
    result = assigned(target, Leaf(Placement.CLIENTS), scope.span(node), name)
    item = Builtin("item", accessor)
    scope.emit(Apply(item, (base,), result, Placement.CLIENTS, scope.span(node)))
    return result
