"""Functions and optimizers made from placed values: they are no JAX values, and made where used.

``optimizer = optax.sgd(lr)`` binds no value. An expression ``optimizer.update(g, state)`` is read
as ``optax.sgd(lr).update(g, state)``, an expression of ``lr``, ``g`` and ``state``, as one would
write it by hand to differentiate it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from fadc.syntax.expressions.server_expressions import read_object
from fadc.syntax.scope.bindings import Made
from fadc.syntax.scope.scope import Scope
from fadc.syntax.source import names
from fadc.syntax.source.bound_names import Target

_OPTIMIZERS = frozenset(
    "adabelief adadelta adafactor adagrad adam adamax adamaxw adamw adan amsgrad chain fromage lamb lars"
    " lbfgs lion maybe_update multi_transform nadam nadamw noisy_sgd novograd optimistic_adam"
    " optimistic_gradient_descent polyak_sgd radam rmsprop rprop sgd sign_sgd sm3 yogi".split()
)
"""The functions of optax that return optimizers."""

_OTHER_METHODS = frozenset(
    "append all any argmax argmin argsort astype at clip conj copy cumprod cumsum diagonal dot flatten item max"
    " mean min nonzero prod ravel repeat reshape round sort squeeze std sum swapaxes take tolist trace"
    " transpose var view".split()
)


@dataclass(frozen=True)
class _Binding:
    """An object bound to a name; ``certain`` ones are never JAX values."""

    name: str
    suffix: str
    value: ast.expr
    certain: bool


def bind_objects(scope: Scope, target: Target, value: ast.expr) -> bool:
    """Bind names to objects that an assignment makes from placed values; whether it makes any."""
    found = _bindings(scope, target, value)
    made = [read_object(scope, each.value, each.suffix, each.certain) for each in found]
    for each, binding in zip(found, made, strict=True):
        if binding is None:  # All of it is static.
            return False
        scope.bindings[each.name] = binding
    return bool(found)


def _bindings(scope: Scope, target: Target, value: ast.expr) -> list[_Binding]:
    if isinstance(target, str):
        certain = _is_function(scope, value)
        if certain or _is_used_as_object(scope, target, value) or _is_part_of_object(scope, value):
            return [_Binding(target, "", value, certain)]
    elif isinstance(target, tuple) and _is_optimizer(
        scope, value
    ):  # ``init, update = optax.sgd(lr)``
        parts = [each for each in target if isinstance(each, str) and each != "_"]
        if len(parts) == len(target):
            return [_Binding(n, f"[{i}]", value, True) for i, n in enumerate(parts)]
    return []


def _is_function(scope: Scope, value: ast.expr) -> bool:
    """Whether an expression certainly gives a function or an optimizer."""
    if isinstance(value, ast.IfExp):
        return _is_function(scope, value.body) and _is_function(scope, value.orelse)
    if isinstance(value, ast.Lambda) or _is_optimizer(scope, value):
        return True
    return isinstance(value, ast.Call) and scope.module.resolve(value.func) == "functools.partial"


def _is_optimizer(scope: Scope, value: ast.expr) -> bool:
    if not isinstance(value, ast.Call) or names.root(value.func) in scope.local_names:
        return False
    package, _, member = (scope.module.resolve(value.func) or "").partition(".")
    return package == "optax" and member.rpartition(".")[2] in _OPTIMIZERS


def _is_part_of_object(scope: Scope, value: ast.expr) -> bool:
    """Whether an expression is an object under another name, or a part of one: ``update = tx.update``."""
    return isinstance(scope.bindings.get(names.owner(value) or ""), Made)


def _is_used_as_object(scope: Scope, name: str, value: ast.expr) -> bool:
    """Whether a call's result is itself called, or has methods called that no array has."""
    if scope.function is None or not any(_may_make_object(scope, arm) for arm in _arms(value)):
        return False
    for statement in _behind(scope.function.body, value):
        calls = [n.func for n in names.nodes(statement) if isinstance(n, ast.Call)]
        if any(_is_object_call(callee, name) for callee in calls):
            return True
        if _binds(statement, name):
            return False
    return False


def _arms(value: ast.expr) -> Iterator[ast.expr]:
    """The arms of a conditional expression, at any depth; otherwise the expression itself."""
    if isinstance(value, ast.IfExp):
        yield from (*_arms(value.body), *_arms(value.orelse))
    else:
        yield value


def _may_make_object(scope: Scope, value: ast.expr) -> bool:
    """Whether it is a call of anything but a builtin, a class, or a function of JAX."""
    if not isinstance(value, ast.Call) or scope.builtin(value.func):
        return False
    resolved = scope.module.resolve(value.func) or ""
    known = resolved.partition(".")[0] in ("jax", "fadc", "numpy")
    return not known and not _is_class(scope, value.func)


def _behind(body: list[ast.stmt], value: ast.expr) -> Iterator[ast.stmt]:
    """The statements that can run after the one that contains a value, around loops, too."""
    for index, statement in enumerate(body):
        if _stands_in(value, statement):
            for block in (getattr(statement, "body", []), getattr(statement, "orelse", [])):
                yield from _behind(block, value)
            if isinstance(statement, ast.For):
                yield from statement.body
            yield from body[index + 1 :]


def _stands_in(value: ast.expr, statement: ast.stmt) -> bool:
    """Whether an expression is part of a statement; only statements with its line are searched."""
    last = statement.end_lineno or statement.lineno
    if not statement.lineno <= value.lineno <= last:
        return False
    return any(node is value for node in ast.walk(statement))


def _binds(statement: ast.stmt, name: str) -> bool:
    """Whether a statement certainly rebinds a name."""
    return isinstance(statement, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == name for target in statement.targets
    )


def _is_class(scope: Scope, callee: ast.expr) -> bool:
    """Whether a class of the module is called: its instances are pytrees, or of no use."""
    if not isinstance(callee, ast.Name) or not scope.module.is_global(callee):
        return False
    found = scope.module.definitions.get(callee.id, [])
    return any(isinstance(node, ast.ClassDef) for node in found)


def _is_object_call(callee: ast.expr, name: str) -> bool:
    if isinstance(callee, ast.Attribute):
        own = isinstance(callee.value, ast.Name) and callee.value.id == name
        return own and callee.attr not in _OTHER_METHODS
    return isinstance(callee, ast.Name) and callee.id == name
