"""Effects of expressions: changed containers, names looked up by text, late captures."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from fadc.ir import Node, Value
from fadc.syntax.modules.receivers import CONTAINERS_ALONE, MUTATORS, is_container
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import is_poisoned
from fadc.syntax.source import names

_SETTERS = frozenset("setattr delattr".split())
_SETTING_METHODS = frozenset("__setattr__ __delattr__ __setitem__ __delitem__ __iadd__".split())
_CONTAINER_TYPES = frozenset("list dict set deque defaultdict OrderedDict Counter".split())
_LOOK_UPS = frozenset("locals globals vars eval exec __import__".split())


def refuse_call(scope: Scope, node: ast.Call, bound: frozenset[str] = frozenset()) -> bool:
    """Report a call that changes something in place or looks up names by their text.

    ``bound`` are the names that lambdas and comprehensions around the call bind.
    """
    if names.root(node.func) in bound:
        return False
    name = scope.builtin(node.func)
    if name in _LOOK_UPS:
        scope.report("FAD106", node, statement=name)
        return True
    changed = _changed(scope, node)
    if changed is not None:
        scope.report("FAD111", node, target=scope.module.text.segment(changed))
    return changed is not None


def _changed(scope: Scope, node: ast.Call) -> ast.expr | None:
    """What a call changes in place, as far as its text shows it."""
    first = node.args[0] if node.args else None
    module, _, function = (scope.module.resolve(node.func) or "").rpartition(".")
    if function in _SETTERS and module in ("", "builtins"):
        return first
    if module == "operator" and function in ("setitem", "delitem"):
        return first
    if not isinstance(node.func, ast.Attribute):
        return None
    if module in _CONTAINER_TYPES | {"object"} and function in MUTATORS | _SETTING_METHODS:
        return first
    changes = node.func.attr in MUTATORS and _is_container(scope, node.func)
    return node.func.value if changes or node.func.attr in _SETTING_METHODS else None


def _is_container(scope: Scope, method: ast.Attribute) -> bool:
    """Whether a mutating method's name is called on a container."""
    if not isinstance(method.value, ast.Name):
        return False
    name = method.value.id
    if name in scope.local_names:
        binding = scope.bindings.get(name)
        if isinstance(binding, Value):
            return method.attr in CONTAINERS_ALONE and not is_poisoned(binding)
        return isinstance(binding, Node) and binding.kind in ("list", "dict")
    return is_container(scope.module, method.value)


def remember_captures(scope: Scope, value: ast.expr) -> None:
    """Remember what stored lambdas capture: they read names when called, not when made."""
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
