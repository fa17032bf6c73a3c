"""Server expressions: what they read, what is wrong with that, and their text over parameters."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

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
    quoted,
)
from fadc.syntax import client_values, names
from fadc.syntax.arrays import array_of, is_filled
from fadc.syntax.effects import refuse_call
from fadc.syntax.expressions import (
    federated_nodes,
    is_federated,
    lower,
    lower_item,
    names_read,
    refuse_global,
    refuse_package,
)
from fadc.syntax.modules import PACKAGE
from fadc.syntax.names import STATIC_ATTRIBUTES, fresh, is_shape_of
from fadc.syntax.scope import (
    POISON,
    Made,
    Scope,
    Target,
    assigned,
    is_poisoned,
    one_placement,
    report_mixture,
    word,
)
from fadc.syntax.text import enclosed

_GENERATOR = "makes it a generator, which has no single result"
_REFUSED = {
    ast.NamedExpr: ("an assignment expression", "binds a name outside a statement"),
    ast.Yield: ("`yield`", _GENERATOR),
    ast.YieldFrom: ("`yield from`", _GENERATOR),
}


@dataclass
class _Reading:
    """What an expression is found to contain; ``named`` is where it says an argument's own name."""

    taken: set[str]
    arguments: dict[str, Tree] = field(default_factory=dict)
    shape_only: dict[str, bool] = field(default_factory=dict)
    replacements: list[tuple[ast.expr, str]] = field(default_factory=list)
    named: list[ast.Name] = field(default_factory=list)
    counts_clients: bool = False
    failed: bool = False
    unique: bool = False

    def argument(self, scope: Scope, node: ast.Name, tree: Tree) -> str:
        """The name of an argument; one that nothing else of the computation has, if they are ``unique``."""
        if not self.unique:
            self.named.append(node)
            return node.id
        known = next((name for name, each in self.arguments.items() if each is tree), None)
        name = known or fresh(node.id, self.taken)
        self.taken.add(name)
        self.replacements.append((node, name))
        return name

    @property
    def is_placed(self) -> bool:
        """Whether more is read than what everyone knows."""
        placed = [name for name in self.arguments if not self.shape_only.get(name)]
        return self.counts_clients or any(
            one_placement(self.arguments[name]) is not Placement.STATIC for name in placed
        )


def read_object(scope: Scope, node: ast.expr, suffix: str, certain: bool) -> Made | Value | None:
    """An expression whose text is to stand where its name does; None for what everyone knows."""
    before = len(scope.operations)
    reading = _read(scope, node, _Reading(scope.identifiers, unique=True))
    if reading.failed:
        return POISON
    if not reading.is_placed:
        del scope.operations[before:]
        return None
    arguments = _inline_nodes(reading)
    source = f"{enclosed(scope.module.text.splice(node, reading.replacements))}{suffix}"
    return Made(source, tuple(arguments.items()), node, certain)


def lower_expression(scope: Scope, node: ast.expr, target: Target, hint: str) -> Tree:
    """Any other expression: local code at the server, or a static value."""
    reading = _read(scope, node, _Reading(_identifiers(node)))
    if reading.failed:
        return POISON
    text, at_server = scope.module.text, reading.is_placed
    arguments = _inline_nodes(reading)
    source = text.splice(node, reading.replacements)
    span = text.span(node)
    if not arguments and not at_server:
        return Literal(source)
    where = Placement.SERVER if at_server else Placement.STATIC
    array = array_of(scope, node) if at_server else None
    result = assigned(target, Leaf(where, array), span, hint)
    function = Expression(
        text.with_comments(node, source), tuple(arguments), flat=is_filled(scope, node)
    )
    scope.emit(Apply(function, tuple(arguments.values()), result, where, span))
    return result


def _inline_nodes(reading: _Reading) -> dict[str, Tree]:
    """The arguments of an expression, composites written out in its text as displays of their parts."""
    taken = reading.taken
    arguments: dict[str, Tree] = {}
    displays: dict[str, str] = {}
    for name, tree in reading.arguments.items():
        if isinstance(tree, Value):
            arguments[name] = tree
        else:
            displays[name] = display(tree, arguments, taken)
    reading.replacements[:] = [
        *((inner, displays.get(text, text)) for inner, text in reading.replacements),
        *((name, displays[name.id]) for name in reading.named if name.id in displays),
    ]
    return arguments


def display(tree: Tree, arguments: dict[str, Tree], taken: set[str]) -> str:
    """The text of a tree over fresh parameters."""
    if isinstance(tree, Literal):
        return enclosed(tree.source)
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
    if tree.kind == "list":
        return f"[{', '.join(parts)}]"
    return f"({', '.join(parts)},)" if parts else "()"


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


def _identifiers(root: ast.expr) -> set[str]:
    return {n.id for n, _, _ in names.visit(root) if isinstance(n, ast.Name)}


def _read(scope: Scope, root: ast.expr, reading: _Reading) -> _Reading:
    """Find the locals and the federated calls of an expression, and what is wrong with them."""
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
    if (
        _refuse(scope, node, place)
        or isinstance(node, ast.Call)
        and refuse_call(scope, node, place.bound)
    ):
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


def _refuse(scope: Scope, node: ast.expr, place: _Place) -> bool:
    """Report an expression of a kind that no computation has."""
    if isinstance(node, ast.Await) or any(g.is_async for g in getattr(node, "generators", ())):
        scope.report("FAD105", node)
        return True
    own = isinstance(node, ast.NamedExpr) and any(isinstance(s, ast.Lambda) for s in place.scopes)
    if type(node) not in _REFUSED or own:
        return False
    expression, problem = _REFUSED[type(node)]
    scope.report("FAD122", node, expression=expression, problem=problem)
    if isinstance(node, ast.NamedExpr):
        scope.bindings[node.target.id] = scope.report_nothing()
    return True


def _is_choice(scope: Scope, node: ast.expr, place: _Place) -> bool:
    """Whether a conditional expression chooses between messages or client values."""
    if not isinstance(node, ast.IfExp) or place.scopes:
        return False
    return any(True for _ in federated_nodes(scope, node.body, node.orelse))


def _is_refused(scope: Scope, callee: ast.expr, place: _Place) -> bool:
    """Whether a callee is refused, so that nothing is known of its arguments."""
    *_, root = (part.id if isinstance(part, ast.Name) else None for part in _chain(callee))
    if root is None or root in place.bound:
        return False
    if root not in scope.local_names:
        if scope.module.resolve(callee) == f"{PACKAGE}.aggregator":
            return True  # It has been reported for not standing at module level.
        parts = [part for part in _chain(callee) if isinstance(part, ast.Name | ast.Attribute)]
        return any(refuse_global(scope, part) for part in parts)
    binding = scope.bindings.get(root)
    return isinstance(binding, Value) and is_poisoned(binding)


def _chain(node: ast.expr) -> Iterator[ast.expr]:
    """What a callee is taken from: of ``a.b[0]`` that, ``a.b`` and ``a``."""
    yield node
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
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
            when = "inside a lambda" if place.scopes else "only if an operand before it says so"
            scope.report("FAD123", call, primitive=primitive, problem=f"called {when}")
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
    where = one_placement(binding) if isinstance(binding, Node) else Placement.STATIC
    if where is Placement.SERVER or where is Placement.STATIC:
        return False
    if isinstance(base, ast.Name) and base.id in place.bound:
        return False
    tree = lower_item(scope, node, None, "part")
    if tree is None or place.guarded and not isinstance(tree, Value | Node | Literal):
        return False
    if where is Placement.CLIENTS and one_placement(tree) is not Placement.STATIC:
        return False  # Of client values, an expression may read the constants beside them.
    _replace(scope, reading, node, tree, place)
    return True


def _refuse_condition(scope: Scope, test: ast.expr, place: _Place) -> bool:
    """Report a condition on a placed value."""
    for name in names_read(scope, test):
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
        report_mixture(scope, node, tree)
    elif where is Placement.CLIENTS:
        reading.failed = True
        name = " ".join(scope.module.text.segment(node).split())
        client_values.report_in_expression(scope, node, name, place.parents, place.scopes)
    elif isinstance(tree, Literal):
        reading.replacements.append((node, enclosed(tree.source)))
    else:
        name = fresh(tree.name if isinstance(tree, Value) else "value", reading.taken)
        reading.taken.add(name)
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
    bare = not place.parents or not isinstance(place.parents[-1], ast.Attribute)
    if bare and isinstance(node, ast.Name) and scope.module.resolve(node) == PACKAGE:
        refuse_package(scope, node)
    elif not refuse_global(scope, node):
        return True
    reading.failed = True
    return False


def _read_name(scope: Scope, reading: _Reading, node: ast.Name, place: _Place) -> None:
    made = scope.made(node)
    if made is not None:
        reading.arguments.update(made.arguments)
        reading.replacements.append((node, enclosed(made.source)))
        return
    tree = scope.look_up(node)
    if tree is None or is_poisoned(tree):
        reading.failed = True
        return
    if isinstance(tree, Literal):
        reading.replacements.append((node, enclosed(tree.source)))
        return
    where = one_placement(tree)
    if where is None:
        report_mixture(scope, node, tree)
        reading.failed = True
    elif where is Placement.CLIENTS:
        client_values.report_in_expression(scope, node, node.id, place.parents, place.scopes)
        reading.failed = True
    else:
        parent = place.parents[-1] if place.parents else None
        shape = isinstance(parent, ast.Attribute) and parent.attr in STATIC_ATTRIBUTES
        name = reading.argument(scope, node, tree)
        reading.arguments[name] = tree
        reading.shape_only[name] = shape and reading.shape_only.get(name, True)
