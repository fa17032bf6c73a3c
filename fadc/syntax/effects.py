"""What makes an expression more than its value: changed containers, looked-up names, late captures."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fadc.ir import Node
from fadc.syntax import names
from fadc.syntax.scope import Scope

MUTATORS = frozenset(
    "extend insert remove pop clear sort reverse update setdefault popitem add discard".split()
)
_CONTAINERS = ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp
_LOOK_UPS = frozenset("locals globals vars eval exec".split())


def refuse_call(scope: Scope, node: ast.Call) -> bool:
    """Report a call that changes a container in place or looks names up by their text."""
    if isinstance(node.func, ast.Name):
        name = node.func.id
        if name in _LOOK_UPS and name not in scope.local_names | scope.module.names.keys():
            scope.report("FAD106", node, statement=name)
            return True
    elif isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
        if node.func.attr in MUTATORS | {"append"} and _is_container(scope, node.func.value.id):
            scope.report("FAD111", node, target=node.func.value.id)
            return True
    return False


def _is_container(scope: Scope, name: str) -> bool:
    if name in scope.local_names:
        binding = scope.bindings.get(name)
        return isinstance(binding, Node) and binding.kind in ("list", "dict")
    return isinstance(scope.module.aliases.get(name), _CONTAINERS)


def remember_captures(scope: Scope, value: ast.expr) -> None:
    """A stored lambda sees what its names are bound to when it is called, not when it is made."""
    for stored in _stored(scope, value):
        for current, bound, scopes in names.visit(stored):
            if isinstance(current, ast.Name) and scopes and current.id not in bound:
                if current.id in scope.bindings:
                    scope.captured[current.id] = stored


def _stored(scope: Scope, value: ast.expr) -> Iterator[ast.expr]:
    """The lambdas and generators that an expression stores instead of consuming them."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        partial = isinstance(node, ast.Call) and scope.module.resolve(node.func)
        if isinstance(node, ast.Lambda | ast.GeneratorExp):
            yield node
        elif isinstance(node, ast.Tuple | ast.List | ast.Dict | ast.IfExp | ast.BoolOp):
            waiting += names.children(node)
        elif partial == "functools.partial":
            waiting += names.children(node)
