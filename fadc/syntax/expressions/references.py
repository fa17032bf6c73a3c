"""What names and calls refer to: messages, client values, globals that no expression may use."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fadc.ir import Node, Placement, Tree, Value, leaves, placement
from fadc.syntax.modules.hidden import federated_reference, hidden_primitive
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import one_placement
from fadc.syntax.source import names


def refuse_package(scope: Scope, node: ast.Name) -> Value:
    """Report fadc itself used as a value: calls through it could not be read."""
    problem = "used without being called"
    return scope.report("FAD123", node, primitive=f"{node.id}.…", problem=problem)


def refuse_global(scope: Scope, node: ast.Name | ast.Attribute) -> bool:
    """Report a global name that is a primitive, hides one, or is undefined."""
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


def computation_key(scope: Scope, callee: ast.expr) -> tuple[str, str] | None:
    """The module path and the name of the computation that a callee refers to."""
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


def _federated_nodes(scope: Scope, *roots: ast.expr) -> Iterator[ast.expr]:
    """The federated calls, and the client values, inside expressions."""
    for root in roots:
        for node, bound, _ in names.visit(root):
            if is_federated(scope, node):
                yield node
            elif isinstance(node, ast.Name) and node.id not in bound:
                binding = scope.bindings.get(node.id)
                if isinstance(binding, Value | Node):
                    if one_placement(binding) is Placement.CLIENTS:
                        yield node


def holds_federated(scope: Scope, *roots: ast.expr) -> bool:
    """Whether expressions contain a federated call or a client value."""
    return any(True for _ in _federated_nodes(scope, *roots))


def names_read(scope: Scope, node: ast.expr) -> Iterator[str]:
    """The free names that an expression reads itself, without those in arguments of messages."""
    stack: list[names.Visit] = [(node, frozenset(), ())]
    while stack:
        current, bound, scopes = stack.pop()
        if is_federated(scope, current):
            continue
        if isinstance(current, ast.Name) and current.id not in bound:
            yield current.id
        stack.extend(reversed(list(names.inside(current, bound, scopes))))


def is_client_count(scope: Scope, node: ast.expr) -> bool:
    """Whether an expression is the number of clients."""
    return isinstance(node, ast.Call) and scope.module.resolve(node.func) == "fadc.num_clients"


def find_client_count(scope: Scope, node: ast.expr) -> ast.expr | None:
    """A call of ``fed.num_clients`` inside an expression."""
    expressions = (inner for inner in ast.walk(node) if isinstance(inner, ast.expr))
    return next((inner for inner in expressions if is_client_count(scope, inner)), None)


def report_mixture(scope: Scope, node: ast.expr, tree: Tree) -> Value:
    """Report a composite of several placements where one value is required."""
    found: dict[str, str] = {}
    for value in leaves(tree):
        found.setdefault(placement(value.type).value, value.name)
    what = f"`{node.id}`" if isinstance(node, ast.Name) else "this display"
    names = {"server": found["server"], "clients": found["clients"]}
    return scope.report("FAD206", node, what=what, **names)
