"""Expressions: from Python's to applications over placed values."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from fadc.ir import (
    Apply,
    Array,
    Builtin,
    Expression,
    Leaf,
    Literal,
    Node,
    Placement,
    Tape,
    Tree,
    Value,
    is_array,
    leaves,
    placement,
)
from fadc.syntax import client_values, names
from fadc.syntax.scope import (
    POISON,
    OpenTape,
    Scope,
    Target,
    assigned,
    word,
    is_poisoned,
    one_placement,
)

_STATIC_ATTRIBUTES = ("shape", "ndim", "dtype")
_REFUSED = {
    ast.NamedExpr: "an assignment expression",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield from`",
}


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
        case ast.Tuple(elts=elements) | ast.List(elts=elements) if elements:
            return _lower_display(scope, node, elements, target)
        case ast.Dict(keys=keys, values=values) if values and all(map(_is_text, keys)):
            return _lower_display(scope, node, values, target)
        case ast.IfExp() if any(True for _ in federated_nodes(scope, node.body, node.orelse)):
            from fadc.syntax.branches import lower_conditional

            return lower_conditional(scope, node, target, hint)
        case ast.Attribute() | ast.Subscript():
            item = _lower_item(scope, node, target, hint)
            if item is not None:
                return item
    from fadc.syntax.linear import lower_linear

    linear = lower_linear(scope, node, target, hint)
    return lower_expression(scope, node, target, hint) if linear is None else linear


def _is_text(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and isinstance(key.value, str)


def lower_name(scope: Scope, node: ast.Name) -> Tree:
    """A local's tree, or the name of a global as a constant."""
    found = scope.look_up(node)
    return Literal(node.id) if found is None else found


def lower_call(scope: Scope, node: ast.Call, target: Target, hint: str) -> Tree | None:
    """A call of a primitive, a computation or a local function of fadc; None for any other."""
    from fadc.syntax.calls import lower_computation_call, lower_local
    from fadc.syntax.primitives import lower_primitive

    if isinstance(node.func, ast.Name) and node.func.id in scope.bindings:
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
    if not isinstance(callee, ast.Name) or callee.id in scope.bindings:
        return None
    if callee.id in scope.module.foreign:
        owner, name = scope.module.foreign[callee.id]
        return owner.path, name
    if callee.id in scope.module.computations:
        return scope.module.path, callee.id
    return None


def is_federated(scope: Scope, node: ast.expr) -> bool:
    """Whether an expression is itself a call of a primitive or a computation."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name) and node.func.id in scope.bindings:
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


def _lower_display(
    scope: Scope, node: ast.Tuple | ast.List | ast.Dict, elements: list[ast.expr], target: Target
) -> Tree:
    """A display: a tree of its elements, or a constant where all of them are."""
    parts = []
    for index, element in enumerate(elements):
        if isinstance(element, ast.Starred):
            return scope.report("FAD107", element)
        part = target[index] if isinstance(target, tuple) and len(target) == len(elements) else None
        parts.append(lower(scope, element, part, hint=_element_hint(target, index)))
    unpacked = isinstance(target, tuple) and len(target) == len(parts)
    if all(isinstance(part, Literal) for part in parts) and not unpacked:
        return Literal(scope.module.text.segment(node))
    if isinstance(node, ast.Dict):
        keys = tuple(str(key.value) for key in node.keys if isinstance(key, ast.Constant))
        return Node("dict", tuple(parts), keys)
    return Node("tuple" if isinstance(node, ast.Tuple) else "list", tuple(parts))


def _element_hint(target: Target, index: int) -> str:
    return f"{target}_{index}" if isinstance(target, str) else "value"


def _lower_item(
    scope: Scope, node: ast.Attribute | ast.Subscript, target: Target, hint: str
) -> Tree | None:
    """A part of a composite or of a client value; None where it is an ordinary expression."""
    if isinstance(node, ast.Attribute) and node.attr in _STATIC_ATTRIBUTES:
        return None
    base: Tree | None = None
    if isinstance(node.value, ast.Name):
        if isinstance(scope.bindings.get(node.value.id), None | OpenTape):
            return None
        base = scope.look_up(node.value)
    elif isinstance(node.value, ast.Attribute | ast.Subscript):
        base = _lower_item(scope, node.value, None, hint)
    elif is_federated(scope, node.value):
        base = lower(scope, node.value)
    if base is None or is_poisoned(base):
        return base
    if isinstance(base, Node):
        return _part(node, base)
    if (
        placement(base.type if isinstance(base, Value) else Leaf(Placement.STATIC))
        is Placement.CLIENTS
    ):
        return _client_item(scope, node, base, target, hint)
    return None


def _part(node: ast.Attribute | ast.Subscript, base: Node) -> Tree | None:
    key = (
        node.slice.value
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
        else None
    )
    if base.kind == "dict" and key in base.keys:
        return base.children[base.keys.index(str(key))]
    if base.kind in ("tuple", "list") and isinstance(key, int) and key < len(base.children):
        return base.children[key]
    return None


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
    if isinstance(node, ast.Attribute) and client_values.is_method(node.attr):
        return None
    name = f"{base.name}_{label}" if label.isidentifier() else hint
    result = assigned(target, Leaf(Placement.CLIENTS), scope.span(node), name)
    item = Builtin("item", accessor)
    scope.emit(Apply(item, (base,), result, Placement.CLIENTS, scope.span(node)))
    return result


@dataclass
class _Reading:
    """What an expression is found to contain."""

    arguments: dict[str, Tree] = field(default_factory=dict)
    shape_only: dict[str, bool] = field(default_factory=dict)
    replacements: list[tuple[ast.expr, str]] = field(default_factory=list)
    counts_clients: bool = False
    failed: bool = False


def lower_expression(scope: Scope, node: ast.expr, target: Target, hint: str) -> Tree:
    """Any other expression: local code at the server, or a static value."""
    reading = _read(scope, node)
    if reading.failed:
        return POISON
    text = scope.module.text
    arguments = _inline_nodes(reading, node)
    placed = [name for name in arguments if not reading.shape_only.get(name)]
    at_server = reading.counts_clients or any(
        one_placement(arguments[name]) is not Placement.STATIC for name in placed
    )
    source = text.splice(node, reading.replacements)
    span = text.span(node)
    if not arguments and not at_server:
        return Literal(source)
    where = Placement.SERVER if at_server else Placement.STATIC
    array = array_of(scope, node) if at_server else None
    result = assigned(target, Leaf(where, array), span, hint)
    function = Expression(source, tuple(arguments))
    scope.emit(Apply(function, tuple(arguments.values()), result, where, span))
    return result


def _inline_nodes(reading: _Reading, node: ast.expr) -> dict[str, Tree]:
    """The arguments of an expression, composites written out in its text as displays of their parts."""
    taken = {n.id for n, _, _ in names.visit(node) if isinstance(n, ast.Name)} | set(
        reading.arguments
    )
    arguments: dict[str, Tree] = {}
    displays: dict[str, str] = {}
    for name, tree in reading.arguments.items():
        if isinstance(tree, Value):
            arguments[name] = tree
        else:
            displays[name] = _display(tree, arguments, taken)
    if displays:
        reading.replacements[:] = [
            (inner, displays.get(text, text)) for inner, text in reading.replacements
        ]
        kept = {id(inner) for inner, _ in reading.replacements}
        for inner, bound, _ in names.visit(node):
            if isinstance(inner, ast.Name) and inner.id in displays and inner.id not in bound:
                if id(inner) not in kept:
                    reading.replacements.append((inner, displays[inner.id]))
    return arguments


def _display(tree: Tree, arguments: dict[str, Tree], taken: set[str]) -> str:
    """The text of a tree over fresh parameters."""
    if isinstance(tree, Literal):
        return f"({tree.source})"
    if isinstance(tree, Value):
        for name, known in arguments.items():
            if known is tree:
                return name
        name = fresh(tree.name, taken)
        taken.add(name)
        arguments[name] = tree
        return name
    parts = [_display(child, arguments, taken) for child in tree.children]
    if tree.kind == "dict":
        return (
            "{"
            + ", ".join(f'"{k}": {part}' for k, part in zip(tree.keys, parts, strict=True))
            + "}"
        )
    if tree.kind == "rows":
        columns = [_display(column, arguments, taken) for column in leaves(tree)]
        return f"list(zip({', '.join(columns)}, strict=True))"
    return f"[{', '.join(parts)}]" if tree.kind == "list" else f"({', '.join(parts)},)"


def fresh(name: str, taken: set[str] | dict[str, Tree]) -> str:
    """The name, or the name with the first free number."""
    if name not in taken:
        return name
    number = 2
    while f"{name}_{number}" in taken:
        number += 1
    return f"{name}_{number}"


def _read(scope: Scope, node: ast.expr) -> _Reading:
    """Find the locals and the federated calls of an expression, and what is wrong with them."""
    reading = _Reading()
    stack: list[tuple[names.Visit, tuple[ast.expr, ...]]] = [((node, frozenset(), ()), ())]
    while stack:
        (current, bound, scopes), parents = stack.pop()
        if _read_one(scope, reading, node, current, bound, scopes, parents):
            inner = names._inside(current, bound, scopes)
            stack.extend((child, (*parents[-2:], current)) for child in reversed(list(inner)))
    return reading


def _read_one(
    scope: Scope,
    reading: _Reading,
    root: ast.expr,
    node: ast.expr,
    bound: frozenset[str],
    scopes: tuple[ast.expr, ...],
    parents: tuple[ast.expr, ...],
) -> bool:
    """Read one node of an expression; whether to go on inside it."""
    if type(node) in _REFUSED or isinstance(node, ast.Await):
        reading.failed = True
        if isinstance(node, ast.Await):
            scope.report("FAD105", node)
        else:
            scope.report("FAD122", node, expression=_REFUSED[type(node)])
        return False
    if isinstance(node, ast.IfExp) and node is not root and not scopes:
        if any(True for _ in federated_nodes(scope, node.body, node.orelse)):
            _replace(scope, reading, root, node)
            return False
    if isinstance(node, ast.Call) and scope.module.resolve(node.func) == "fadc.num_clients":
        reading.counts_clients = True
        return False
    if is_federated(scope, node):
        if scopes or any(isinstance(parent, ast.BoolOp) for parent in parents):
            _refuse_federated(scope, node, scopes)
            reading.failed = True
        else:
            _replace(scope, reading, root, node)
        return False
    if isinstance(node, ast.IfExp):
        _check_condition(scope, reading, node.test, "conditional expression", bound)
    if isinstance(node, ast.Name) and node.id not in bound:
        _read_name(scope, reading, node, scopes, parents)
    return True


def _refuse_federated(scope: Scope, node: ast.expr, scopes: tuple[ast.expr, ...]) -> None:
    assert isinstance(node, ast.Call)
    primitive = scope.module.text.segment(node.func)
    if scopes and not isinstance(scopes[-1], ast.Lambda):
        scope.report("FAD108", node, what=f"`{primitive}`")
    else:
        scope.report("FAD123", node, primitive=primitive)


def _check_condition(
    scope: Scope, reading: _Reading, test: ast.expr, what: str, bound: frozenset[str]
) -> None:
    for name, node in names.free_names(test).items():
        binding = scope.bindings.get(name)
        if name in bound or not isinstance(binding, Value | Node) or is_shape_of(test, name):
            continue
        found = one_placement(binding)
        if found is not Placement.STATIC:
            reading.failed = True
            scope.report("FAD209", test, what=what, placement=word(binding))


def is_shape_of(node: ast.expr, name: str) -> bool:
    """Whether an expression reads nothing but the shape, rank or dtype of a name."""
    for inner, bound, _ in names.visit(node):
        for child in names.children(inner):
            if isinstance(child, ast.Name) and child.id == name and name not in bound:
                if not (isinstance(inner, ast.Attribute) and inner.attr in _STATIC_ATTRIBUTES):
                    return False
    return not (isinstance(node, ast.Name) and node.id == name)


def _replace(scope: Scope, reading: _Reading, root: ast.expr, node: ast.expr) -> None:
    """Lower a federated call inside an expression and put a parameter in its place."""
    tree = lower(scope, node)
    if is_poisoned(tree):
        reading.failed = True
        return
    if one_placement(tree) is not Placement.SERVER:
        name = scope.module.text.segment(node)
        client_values.report_in_expression(scope, node, name, ())
        reading.failed = True
        return
    taken = {n.id for n, _, _ in names.visit(root) if isinstance(n, ast.Name)} | set(
        reading.arguments
    )
    name = fresh(tree.name if isinstance(tree, Value) else "value", taken)
    reading.arguments[name] = tree
    reading.replacements.append((node, name))


def _read_name(
    scope: Scope,
    reading: _Reading,
    node: ast.Name,
    scopes: tuple[ast.expr, ...],
    parents: tuple[ast.expr, ...],
) -> None:
    if node.id not in scope.bindings:
        return
    tree = scope.look_up(node)
    if tree is None or is_poisoned(tree):
        reading.failed = True
        return
    if isinstance(tree, Literal):
        reading.replacements.append((node, f"({tree.source})"))
        return
    where = one_placement(tree)
    if where is None:
        scope.report("FAD206", node, **_mixture(tree))
        reading.failed = True
    elif where is Placement.CLIENTS:
        client_values.report_in_expression(scope, node, node.id, parents, scopes)
        reading.failed = True
    else:
        attribute = bool(parents) and isinstance(parents[-1], ast.Attribute)
        shape = attribute and getattr(parents[-1], "attr", "") in _STATIC_ATTRIBUTES
        reading.arguments[node.id] = tree
        reading.shape_only[node.id] = shape and reading.shape_only.get(node.id, True)


def _mixture(tree: Tree) -> dict[str, str]:
    found = {"server": "", "clients": ""}
    for value in leaves(tree):
        where = placement(value.type).value
        if where in found and not found[where]:
            found[where] = value.name
    return found


def array_of(scope: Scope, node: ast.expr) -> Array | None:
    """What is known of the array that a server expression gives; None where it may be any pytree."""
    match node:
        case ast.Constant(value=bool() | int() | float() | complex()):
            return Array(True, ())
        case ast.Name(id=name):
            tree = scope.bindings.get(name)
            if isinstance(tree, Value) and isinstance(tree.type, Leaf):
                return tree.type.array
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return array_of(scope, operand)
        case ast.BinOp(left=left, op=operator, right=right):
            return _combine(array_of(scope, left), array_of(scope, right), operator)
    return None


def _combine(left: Array | None, right: Array | None, operator: ast.operator) -> Array | None:
    """The result of arithmetic: an array as soon as one operand is proven to be one."""
    known = [array for array in (left, right) if array is not None]
    if not known:
        return None
    kind = next((array for array in known if array.differentiable), known[0])
    if not kind.differentiable or len(known) < 2 and kind.dims == ():
        return None
    if isinstance(operator, ast.MatMult) or len(known) < 2:
        return replace(kind, dims=None)
    dims = {array.dims for array in known if array.dims != ()} or {()}
    return replace(kind, dims=dims.pop() if len(dims) == 1 else None)


def static_tree(scope: Scope, node: ast.expr, what: str) -> Tree:
    """A static value, or a report that it is not."""
    tree = lower(scope, node)
    if is_poisoned(tree):
        return tree
    if one_placement(tree) is not Placement.STATIC:
        return scope.report("FAD214", node, what=what, placement=word(tree))
    return tree
