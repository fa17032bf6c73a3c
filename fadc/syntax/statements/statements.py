"""Statements of a computation."""

from __future__ import annotations

import ast

from fadc.ir import Leaf, Value
from fadc.syntax.modules.module import decoration, name_of
from fadc.syntax.modules.receivers import MUTATORS
from fadc.syntax.scope.bindings import OpenTape
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.targets import remember_bound
from fadc.syntax.scope.trees import is_unknown
from fadc.syntax.source.names import root
from fadc.syntax.statements.assignments import compare_annotation, lower_assignment, poison_names
from fadc.syntax.statements.augmented import lower_augmented
from fadc.syntax.statements.branches import lower_if
from fadc.syntax.statements.loops import lower_for
from fadc.syntax.statements.tapes import append

_NAMES: dict[type[ast.stmt], tuple[str, dict[str, str]]] = {
    ast.While: ("FAD101", {}),
    ast.Try: ("FAD102", {"statement": "try"}),
    ast.TryStar: ("FAD102", {"statement": "try"}),
    ast.Raise: ("FAD102", {"statement": "raise"}),
    ast.Assert: ("FAD102", {"statement": "assert"}),
    ast.With: ("FAD103", {}),
    ast.AsyncWith: ("FAD105", {}),
    ast.AsyncFor: ("FAD105", {}),
    ast.Global: ("FAD106", {"statement": "global"}),
    ast.Nonlocal: ("FAD106", {"statement": "nonlocal"}),
    ast.Import: ("FAD106", {"statement": "import"}),
    ast.ImportFrom: ("FAD106", {"statement": "import"}),
    ast.Delete: ("FAD106", {"statement": "del"}),
    ast.Break: ("FAD120", {"statement": "break"}),
    ast.Continue: ("FAD120", {"statement": "continue"}),
    ast.Match: ("FAD121", {"statement": "match"}),
}


def lower_block(scope: Scope, statements: list[ast.stmt]) -> None:
    """Read statements in order."""
    for statement in statements:
        _lower_statement(scope, statement)
        if isinstance(statement, ast.Assign):
            remember_bound(scope, *statement.targets)
        elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
            remember_bound(scope, statement.target)


def _lower_statement(scope: Scope, node: ast.stmt) -> None:
    """Read one statement."""
    match node:
        case ast.Assign(targets=targets, value=value):
            lower_assignment(scope, node, targets, value)
        case ast.AnnAssign(value=None):
            pass
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            lower_assignment(scope, node, [target], value)
            compare_annotation(scope, node)
        case ast.AugAssign():
            lower_augmented(scope, node)
        case ast.For():
            lower_for(scope, node)
        case ast.If():
            lower_if(scope, node)
        case ast.Expr(value=value):
            _lower_expression_statement(scope, node, value)
        case ast.Return():
            scope.report("FAD109", node, problem="is not the last statement")
        case ast.Pass():
            pass
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            _refuse_definition(scope, node, name)
        case _:
            code, slots = _NAMES.get(type(node), ("FAD121", {"statement": _keyword(scope, node)}))
            scope.report(code, node, **slots)
            poison_names(scope, node)


def _refuse_definition(
    scope: Scope, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, name: str
) -> None:
    scope.bindings[name] = scope.report_nothing()
    if not isinstance(node, ast.ClassDef) and decoration(scope.module, node):
        return
    kind = "class" if isinstance(node, ast.ClassDef) else "function"
    scope.report("FAD104", name_of(scope.module, node), kind=kind, name=name)


def _keyword(scope: Scope, node: ast.stmt) -> str:
    return scope.module.text.segment(node).split(maxsplit=1)[0]


def _lower_expression_statement(scope: Scope, node: ast.Expr, value: ast.expr) -> None:
    if isinstance(value, ast.Constant) and isinstance(value.value, str | type(...)):
        return
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if isinstance(value.func.value, ast.Name) and _lower_method(scope, value, value.func):
            return
    before = len(scope.module.reports)
    scope.lower(value)
    if len(scope.module.reports) == before and not _is_unknown_call(scope, value):
        scope.report("FAD110", node)


def _is_unknown_call(scope: Scope, value: ast.expr) -> bool:
    """Whether the callee has been reported already."""
    callee = root(value.func) if isinstance(value, ast.Call) else None
    binding = scope.bindings.get(callee) if callee else None
    return is_unknown(binding)


def _lower_method(scope: Scope, node: ast.Call, method: ast.Attribute) -> bool:
    """Read an append to a tape; mutating methods of anything else are refused."""
    assert isinstance(method.value, ast.Name)
    name = method.value.id
    scope.settle(name)
    binding = scope.bindings.get(name)
    remember_bound(scope, method.value)
    if binding is None or method.attr not in MUTATORS:
        return False
    one = len(node.args) == 1 and not node.keywords
    poisoned = is_unknown(binding)
    plain = isinstance(binding, Value) and isinstance(binding.type, Leaf) and not poisoned
    if method.attr == "append" and one and not plain:
        append(scope, node, name)
        return True
    if isinstance(binding, OpenTape):
        problem = f"is changed with `.{method.attr}`"
        scope.report("FAD114", node, tape=name, problem=problem)
    elif not poisoned:
        scope.report("FAD111", node, target=name)
    scope.bindings[name] = scope.report_nothing()
    return True
