"""Calls of other computations, and of fadc's local functions at the server."""

from __future__ import annotations

import ast

from fadc.ir import (
    Apply,
    Builtin,
    Call,
    Computation,
    Leaf,
    Literal,
    Node,
    Parameter,
    Placement,
    Tree,
    Value,
    placement,
)
from fadc.syntax.expressions.functions import KEEPING
from fadc.syntax.expressions.references import computation_key, is_client_count
from fadc.syntax.expressions.tape_lists import lower_list
from fadc.syntax.scope.fitting import conform
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import (
    assigned,
    declared_of,
    describe,
    is_poisoned,
    new_tree,
    one_placement,
    word,
)
from fadc.syntax.source.bound_names import Target
from fadc.syntax.source.names import first_starred
from fadc.syntax.types.declared import Structure


def lower_computation_call(scope: Scope, node: ast.Call, target: Target, hint: str) -> Tree:
    """Read a call of another computation, by position or keyword, defaults included."""
    starred = first_starred(node)
    if starred is not None:
        return scope.report("FAD107", starred, what="argument")
    key = computation_key(scope, node.func)
    callee = scope.callees.get(key) if key else None
    label = scope.module.text.segment(node.func)
    if callee is None:
        return scope.report_nothing()
    given = _match(scope, node, callee, label)
    if given is None:
        return scope.report_nothing()
    args = [
        _argument(scope, node, parameter, given[parameter.name], label)
        for parameter in callee.parameters
    ]
    if is_poisoned(*args):
        return scope.report_nothing()
    name = target if isinstance(target, str) else f"{callee.name}_out"
    unpacked = scope.unpackings.get(name, target) if isinstance(target, str) else target
    span = scope.span(node)
    result = _result(callee.result, name, span, unpacked, anonymous=target is None)
    scope.emit(Call(_key(callee), tuple(args), result, span))
    return result


def _key(callee: Computation) -> str:
    return callee.name


def _result(tree: Tree, name: str, span: object, target: Target, anonymous: bool) -> Tree:
    """Fresh values in the structure of a computation's result."""
    declared = declared_of(tree)
    if isinstance(declared, Structure):
        return new_tree(declared, name, span, target)  # type: ignore[arg-type]
    return assigned(name if not anonymous else None, declared, span, name)  # type: ignore[arg-type]


def _match(
    scope: Scope, node: ast.Call, callee: Computation, label: str
) -> dict[str, ast.expr | Parameter] | None:
    """The argument of each parameter."""
    positional = [p for p in callee.parameters if not p.keyword_only]
    if len(node.args) > len(positional):
        count = len(positional)
        problem = (
            f"takes {count} positional argument{'s' * (count != 1)}, but {len(node.args)} are given"
        )
        scope.report("FAD119", node, callee=label, problem=problem)
        return None
    given: dict[str, ast.expr | Parameter] = {
        parameter.name: argument for parameter, argument in zip(positional, node.args, strict=False)
    }
    known = {parameter.name for parameter in callee.parameters}
    for keyword in node.keywords:
        assert keyword.arg is not None
        if keyword.arg not in known:
            problem = f"has no parameter `{keyword.arg}`"
        elif keyword.arg in given:
            problem = f"is given `{keyword.arg}` twice"
        else:
            given[keyword.arg] = keyword.value
            continue
        scope.report("FAD119", keyword.value, callee=label, problem=problem)
        return None
    for parameter in callee.parameters:
        if parameter.name not in given and parameter.default is None:
            scope.report("FAD119", node, callee=label, problem=f"is not given `{parameter.name}`")
            return None
        given.setdefault(parameter.name, parameter)
    return given


def _argument(
    scope: Scope, node: ast.Call, parameter: Parameter, given: ast.expr | Parameter, label: str
) -> Tree:
    if isinstance(given, Parameter):
        assert given.default is not None
        literal = Literal(given.default)
        return conform(scope, node, literal, declared_of(parameter.tree)) or literal
    tree = scope.lower(given, hint=parameter.name)
    if is_poisoned(tree):
        return tree
    declared = declared_of(parameter.tree)
    where = one_placement(tree)
    if declared == Leaf(Placement.STATIC) and where is not Placement.STATIC:
        what = f"argument `{parameter.name}` of `{label}`"
        return scope.report("FAD214", given, what=what, placement=word(tree))
    found = conform(scope, given, tree, declared)
    if found is None:
        return scope.report(
            "FAD208",
            given,
            callee=label,
            parameter=parameter.name,
            declared=describe(parameter.tree),
            found=describe(tree),
        )
    return found


def lower_local(scope: Scope, node: ast.Call, target: Target, hint: str) -> Tree | None:
    """``fed.add(a, b)`` and its like at the server, and lists of tapes; None for others."""
    name = scope.module.resolve(node.func)
    if scope.builtin(node.func) == "list" and len(node.args) == 1 and not node.keywords:
        return lower_list(scope, node, node.args[0], target, hint)
    package, _, member = (name or "").partition(".")
    if package != "fadc" or member not in KEEPING or node.keywords:
        return None
    if any(isinstance(arg, ast.Starred) or is_client_count(scope, arg) for arg in node.args):
        return None
    args = tuple(scope.lower(argument) for argument in node.args)
    if is_poisoned(*args) or any(isinstance(arg, Node) for arg in args):
        return args[0] if args and is_poisoned(*args) else None
    if any(one_placement(arg) is Placement.CLIENTS for arg in args):
        return None
    first = next((arg.type for arg in args if isinstance(arg, Value)), None)
    if first is None or placement(first) is Placement.STATIC:
        first = Leaf(Placement.SERVER)
    result = assigned(target, first, scope.span(node), hint)
    scope.emit(Apply(Builtin(member), args, result, Placement.SERVER, scope.span(node)))
    return result
