"""Server expressions: what they read, what is wrong with that, and their text over parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from fadc.ir import (
    Apply,
    Expression,
    Leaf,
    Literal,
    Node,
    Placement,
    Tree,
    Value,
    leaves,
    placement,
    quoted,
)
from fadc.syntax import client_values, names
from fadc.syntax.arrays import array_of
from fadc.syntax.effects import refuse_call
from fadc.syntax.expressions import (
    CALLED_INSIDE,
    federated_nodes,
    is_federated,
    lower,
    lower_item,
    refuse_global,
)
from fadc.syntax.names import STATIC_ATTRIBUTES, fresh, is_shape_of
from fadc.syntax.scope import POISON, Scope, Target, assigned, is_poisoned, one_placement, word

_REFUSED = {
    ast.NamedExpr: "an assignment expression",
    ast.Yield: "`yield`",
    ast.YieldFrom: "`yield from`",
}


@dataclass
class _Reading:
    """What an expression is found to contain."""

    root: ast.expr
    arguments: dict[str, Tree] = field(default_factory=dict)
    shape_only: dict[str, bool] = field(default_factory=dict)
    replacements: list[tuple[ast.expr, str]] = field(default_factory=list)
    counts_clients: bool = False
    failed: bool = False

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name in the expression, those that it binds itself included."""
        found = (node for node, _, _ in names.visit(self.root))
        return frozenset(node.id for node in found if isinstance(node, ast.Name))


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
    taken = {*reading.names, *reading.arguments}
    arguments: dict[str, Tree] = {}
    displays: dict[str, str] = {}
    for name, tree in reading.arguments.items():
        if isinstance(tree, Value):
            arguments[name] = tree
        else:
            displays[name] = display(tree, arguments, taken)
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


def display(tree: Tree, arguments: dict[str, Tree], taken: set[str]) -> str:
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
    parts = [display(child, arguments, taken) for child in tree.children]
    if tree.kind == "dict":
        return (
            "{"
            + ", ".join(f"{quoted(k)}: {part}" for k, part in zip(tree.keys, parts, strict=True))
            + "}"
        )
    if tree.kind == "rows":
        columns = [display(column, arguments, taken) for column in leaves(tree)]
        return f"list(zip({', '.join(columns)}, strict=True))"
    return f"[{', '.join(parts)}]" if tree.kind == "list" else f"({', '.join(parts)},)"


@dataclass(frozen=True)
class _Place:
    """Where a node of an expression stands.

    ``bound`` are the names that lambdas and comprehensions around it bind, ``scopes`` these
    themselves, ``parents`` the nearest expressions around it, the last one closest. ``guarded``
    says whether it is reached only where an operand before it asks for it.
    """

    bound: frozenset[str] = frozenset()
    scopes: tuple[ast.expr, ...] = ()
    parents: tuple[ast.expr, ...] = ()
    guarded: bool = False


def _read(scope: Scope, root: ast.expr) -> _Reading:
    """Find the locals and the federated calls of an expression, and what is wrong with them."""
    reading = _Reading(root)
    stack = [(root, _Place())]
    while stack:
        node, place = stack.pop()
        if _read_one(scope, reading, node, place):
            stack.extend(reversed(list(_inside(node, place))))
    return reading


def _inside(node: ast.expr, place: _Place) -> Iterator[tuple[ast.expr, _Place]]:
    guarded = place.guarded or isinstance(node, ast.BoolOp)
    guarded |= isinstance(node, ast.Compare) and len(node.ops) > 1
    parents = (*place.parents[-1:], node)
    for child, bound, scopes in names.inside(node, place.bound, place.scopes):
        yield child, _Place(bound, scopes, parents, guarded)


def _read_one(scope: Scope, reading: _Reading, node: ast.expr, place: _Place) -> bool:
    """Read one node of an expression; whether to go on inside it."""
    if type(node) in _REFUSED or isinstance(node, ast.Await):
        reading.failed = True
        _refuse(scope, node)
        return False
    if isinstance(node, ast.Call) and refuse_call(scope, node):
        reading.failed = True
        return False
    own = isinstance(node, ast.Call) and names.root(node.func) in place.bound
    if is_federated(scope, node) and not own or _is_choice(scope, node, place):
        _read_federated(scope, reading, node, place)
        return False
    if isinstance(node, ast.Call) and scope.module.resolve(node.func) == "fadc.num_clients":
        reading.counts_clients = True
        return False
    if isinstance(node, ast.Call) and _is_refused(scope, node.func, place):
        reading.failed = True
        return False
    if isinstance(node, ast.Attribute | ast.Subscript) and _read_part(scope, reading, node, place):
        return False
    if isinstance(node, ast.IfExp) and _refuse_condition(scope, node.test, place):
        reading.failed = True
        return False
    if isinstance(node, ast.Name | ast.Attribute):
        return _read_reference(scope, reading, node, place)
    return True


def _refuse(scope: Scope, node: ast.expr) -> None:
    if isinstance(node, ast.Await):
        scope.report("FAD105", node)
    else:
        scope.report("FAD122", node, expression=_REFUSED[type(node)])
    if isinstance(node, ast.NamedExpr) and isinstance(node.target, ast.Name):
        scope.bindings[node.target.id] = scope.report_nothing()


def _is_choice(scope: Scope, node: ast.expr, place: _Place) -> bool:
    """Whether a conditional expression chooses between messages or client values."""
    if not isinstance(node, ast.IfExp) or place.scopes:
        return False
    return any(True for _ in federated_nodes(scope, node.body, node.orelse))


def _is_refused(scope: Scope, callee: ast.expr, place: _Place) -> bool:
    """Whether a callee is refused, so that nothing is known of its arguments."""
    root = names.root(callee)
    if root is None or root in place.bound:
        return False
    if root not in scope.local_names:
        return any(refuse_global(scope, part) for part in _chain(callee))
    binding = scope.bindings.get(root)
    return isinstance(binding, Value) and is_poisoned(binding)


def _chain(node: ast.expr) -> Iterator[ast.Name | ast.Attribute]:
    """A dotted name and the shorter ones that it begins with."""
    while isinstance(node, ast.Attribute):
        yield node
        node = node.value
    if isinstance(node, ast.Name):
        yield node


def _read_federated(scope: Scope, reading: _Reading, node: ast.expr, place: _Place) -> None:
    """A federated call, or a choice between such, inside an expression."""
    if not place.scopes and not place.guarded:
        _replace(scope, reading, node, lower(scope, node), place)
        return
    reading.failed = True
    calls = [inner for inner, _, _ in names.visit(node) if is_federated(scope, inner)]
    for call in calls[:1]:
        assert isinstance(call, ast.Call)
        primitive = scope.module.text.segment(call.func)
        if place.scopes and not isinstance(place.scopes[-1], ast.Lambda):
            scope.report("FAD108", call, what=f"`{primitive}`")
        else:
            scope.report("FAD123", call, primitive=primitive, problem=CALLED_INSIDE)
    if not calls:
        scope.report("FAD203", node, name=scope.module.text.segment(node))


def _read_part(
    scope: Scope, reading: _Reading, node: ast.Attribute | ast.Subscript, place: _Place
) -> bool:
    """A part of a composite, taken out inside an expression."""
    base: ast.expr = node
    while isinstance(base, ast.Attribute | ast.Subscript):
        base = base.value
    binding = scope.bindings.get(base.id) if isinstance(base, ast.Name) else None
    if not isinstance(binding, Node) or one_placement(binding) is not None:
        return False
    if isinstance(base, ast.Name) and base.id in place.bound:
        return False
    tree = lower_item(scope, node, None, "part")
    if tree is None or place.guarded and not isinstance(tree, Value | Node | Literal):
        return False
    _replace(scope, reading, node, tree, place)
    return True


def _refuse_condition(scope: Scope, test: ast.expr, place: _Place) -> bool:
    """Report a condition on a placed value."""
    for name in names.free_names(test):
        binding = scope.bindings.get(name)
        if name in place.bound or not isinstance(binding, Value | Node) or is_shape_of(test, name):
            continue
        if one_placement(binding) is not Placement.STATIC:
            what = "conditional expression"
            scope.report("FAD209", test, what=what, placement=word(binding))
            return True
    return False


def _replace(scope: Scope, reading: _Reading, node: ast.expr, tree: Tree, place: _Place) -> None:
    """Put a parameter in the place of a part of the expression that has been read by itself."""
    where = one_placement(tree)
    if is_poisoned(tree):
        reading.failed = True
    elif where is None:
        reading.failed = True
        scope.report("FAD206", node, **_mixture(tree))
    elif where is Placement.CLIENTS:
        reading.failed = True
        name = " ".join(scope.module.text.segment(node).split())
        client_values.report_in_expression(scope, node, name, place.parents, place.scopes)
    elif isinstance(tree, Literal):
        reading.replacements.append((node, f"({tree.source})"))
    else:
        taken = {*reading.names, *reading.arguments}
        name = fresh(tree.name if isinstance(tree, Value) else "value", taken)
        reading.arguments[name] = tree
        reading.replacements.append((node, name))


def _read_reference(
    scope: Scope, reading: _Reading, node: ast.Name | ast.Attribute, place: _Place
) -> bool:
    """A name or a dotted name; whether to go on inside it."""
    root = names.root(node)
    if root is None or root in place.bound:
        return True
    if root in scope.local_names:
        if isinstance(node, ast.Name):
            _read_name(scope, reading, node, place)
        return True
    if refuse_global(scope, node):
        reading.failed = True
        return False
    return True


def _read_name(scope: Scope, reading: _Reading, node: ast.Name, place: _Place) -> None:
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
        client_values.report_in_expression(scope, node, node.id, place.parents, place.scopes)
        reading.failed = True
    else:
        parent = place.parents[-1] if place.parents else None
        shape = isinstance(parent, ast.Attribute) and parent.attr in STATIC_ATTRIBUTES
        reading.arguments[node.id] = tree
        reading.shape_only[node.id] = shape and reading.shape_only.get(node.id, True)


def _mixture(tree: Tree) -> dict[str, str]:
    found = {"server": "", "clients": ""}
    for value in leaves(tree):
        where = placement(value.type).value
        if where in found and not found[where]:
            found[where] = value.name
    return found
