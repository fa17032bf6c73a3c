"""The contents of a server expression: the values that it reads, and the parameters for them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from fadc.ir import Literal, Node, Placement, Tree, Value
from fadc.ir.source_text import enclosed
from fadc.syntax.expressions import client_values
from fadc.syntax.expressions.effects import refuse_call
from fadc.syntax.expressions.items import lower_item
from fadc.syntax.expressions.places import Place, is_refused, refuse_condition, refuse_kind
from fadc.syntax.expressions.references import (
    holds_federated,
    is_client_count,
    is_federated,
    refuse_global,
    refuse_package,
    report_mixture,
)
from fadc.syntax.modules.module import PACKAGE
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import is_poisoned, one_placement
from fadc.syntax.source import names
from fadc.syntax.source.names import STATIC_ATTRIBUTES, fresh


@dataclass
class Contents:
    """The contents of an expression; ``named`` are the uses of an argument's own name."""

    taken: set[str]
    arguments: dict[str, Tree] = field(default_factory=dict)
    shape_only: dict[str, bool] = field(default_factory=dict)
    replacements: list[tuple[ast.expr, str]] = field(default_factory=list)
    named: list[ast.Name] = field(default_factory=list)
    counts_clients: bool = False
    failed: bool = False
    unique: bool = False

    def argument(self, scope: Scope, node: ast.Name, tree: Tree) -> str:
        """The name of an argument; unused elsewhere in the computation if ``unique``."""
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
        """Whether any placed value is read."""
        placed = [name for name in self.arguments if not self.shape_only.get(name)]
        return self.counts_clients or any(
            one_placement(self.arguments[name]) is not Placement.STATIC for name in placed
        )


def read_contents(scope: Scope, root: ast.expr, reading: Contents) -> Contents:
    """Find the locals and the federated calls in an expression, and report errors in them."""
    stack = [(root, Place())]
    while stack:
        node, place = stack.pop()
        if _read_one(scope, reading, node, place):
            stack.extend(reversed(list(_inside(node, place))))
    return reading


def _inside(node: ast.expr, place: Place) -> Iterator[tuple[ast.expr, Place]]:
    guarded = place.guarded or isinstance(node, ast.BoolOp)
    guarded |= isinstance(node, ast.Compare) and len(node.ops) > 1
    parents = (*place.parents[-1:], node)
    for child, bound, scopes in names.inside(node, place.bound, place.scopes):
        yield child, Place(bound, scopes, parents, guarded)


def _read_one(scope: Scope, reading: Contents, node: ast.expr, place: Place) -> bool:
    """Read one node of an expression; returns whether to go on inside it."""
    if (
        refuse_kind(scope, node, place)
        or isinstance(node, ast.Call)
        and refuse_call(scope, node, place.bound)
    ):
        reading.failed = True
        return False
    own = isinstance(node, ast.Call) and names.root(node.func) in place.bound
    if is_federated(scope, node) and not own or _is_choice(scope, node, place):
        _read_federated(scope, reading, node, place)
        return False
    if is_client_count(scope, node):
        reading.counts_clients = True
        return False
    if isinstance(node, ast.Call) and is_refused(scope, node.func, place):
        reading.failed = True
        return False
    if isinstance(node, ast.Attribute | ast.Subscript) and _read_part(scope, reading, node, place):
        return False
    if isinstance(node, ast.IfExp) and refuse_condition(scope, node.test, place):
        reading.failed = True
        return False
    if isinstance(node, ast.Name | ast.Attribute):
        return _read_reference(scope, reading, node, place)
    return True


def _is_choice(scope: Scope, node: ast.expr, place: Place) -> bool:
    """Whether a conditional expression chooses between messages or client values."""
    if not isinstance(node, ast.IfExp) or place.scopes:
        return False
    return holds_federated(scope, node.body, node.orelse)


def _read_federated(scope: Scope, reading: Contents, node: ast.expr, place: Place) -> None:
    """Read a federated call, or a choice between such, inside an expression."""
    if not place.scopes and not place.guarded:
        _replace(scope, reading, node, scope.lower(node), place)
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
    scope: Scope, reading: Contents, node: ast.Attribute | ast.Subscript, place: Place
) -> bool:
    """Read a part of a composite inside an expression."""
    base = names.owner_node(node)
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
        return False  # An expression may read constants of a composite with client values.
    _replace(scope, reading, node, tree, place)
    return True


def _replace(scope: Scope, reading: Contents, node: ast.expr, tree: Tree, place: Place) -> None:
    """Replace a part of the expression that has been read separately by a parameter."""
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
    scope: Scope, reading: Contents, node: ast.Name | ast.Attribute, place: Place
) -> bool:
    """Read a name or a dotted name; returns whether to go on inside it."""
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


def _read_name(scope: Scope, reading: Contents, node: ast.Name, place: Place) -> None:
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
