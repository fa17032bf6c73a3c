"""Calls of other computations, and of fadc's local functions at the server."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.ir import (
    Apply,
    Builtin,
    Call,
    Computation,
    Expression,
    Leaf,
    Literal,
    Node,
    Parameter,
    Placement,
    Tape,
    Tree,
    Value,
    placement,
    results,
)
from fadc.syntax.annotations import Declared, Structure, common_type
from fadc.syntax.expressions import computation_key, lower
from fadc.syntax.functions import KEEPING
from fadc.syntax.linear import counts_clients
from fadc.syntax.names import first_starred
from fadc.syntax.scope import (
    Scope,
    Target,
    assigned,
    declared_of,
    describe,
    is_poisoned,
    new_tree,
    one_placement,
    word,
)
from fadc.syntax.tape_lists import lower_list
from fadc.syntax.text import Text, parsed


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
    """Which argument goes to which parameter."""
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
    tree = lower(scope, given, hint=parameter.name)
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


def conform(scope: Scope, node: ast.expr | ast.stmt, tree: Tree, declared: Declared) -> Tree | None:
    """The tree in the structure that a declaration asks for; None where it does not fit.

    Static values may stand for server ones; a display becomes one value where one is declared, and
    one value is taken apart where a tuple is.
    """
    if isinstance(declared, Structure):
        return _conform_structure(scope, node, tree, declared)
    if isinstance(declared, Tape):
        fits = isinstance(tree, Value) and isinstance(tree.type, Tape)
        return (
            tree
            if fits and one_placement(tree) in (placement(declared), Placement.STATIC)
            else None
        )
    where = placement(declared)
    found = one_placement(tree)
    if found is not where and not (found is Placement.STATIC and where is Placement.SERVER):
        return None
    if isinstance(tree, Node):
        return pack_value(scope, node, tree, where)
    return tree if found is where else at_server(scope, node, tree)


def at_server(scope: Scope, node: ast.expr | ast.stmt, tree: Value | Literal) -> Value:
    """A static value as one of the server."""
    span = scope.span(node)
    value = Value("constant", Leaf(Placement.SERVER), span, anonymous=True)
    if isinstance(tree, Literal):
        function, args = Expression(tree.source), ()
    else:
        function, args = Expression(tree.name, (tree.name,)), (tree,)  # type: ignore[assignment]
    scope.emit(Apply(function, args, value, Placement.SERVER, span))
    return value


def pack_value(scope: Scope, node: ast.expr | ast.stmt, tree: Node, where: Placement) -> Value:
    """One value for a display of values of one placement."""
    span = scope.span(node)
    name = "packed"
    value = Value(name, Leaf(where), span, anonymous=True)
    scope.emit(Apply(Builtin("pack"), (tree,), value, where, span))
    return value


def _conform_structure(
    scope: Scope, node: ast.expr | ast.stmt, tree: Tree, declared: Structure
) -> Tree | None:
    kinds = {"tuple": ("tuple", "list"), "dict": ("dict",), "rows": ("rows",), "list": ("list",)}
    if declared.kind == "dict" and not declared.keys and isinstance(tree, Value):
        common = common_type(declared)
        return conform(scope, node, tree, common) if isinstance(common, Leaf) else None
    if isinstance(tree, Value) and declared.kind == "tuple" and isinstance(tree.type, Leaf):
        tree = unpack_value(scope, node, tree, len(declared.children))
    if isinstance(tree, Literal):
        tree = _parts(tree)
    if not isinstance(tree, Node) or tree.kind not in kinds[declared.kind]:
        return None
    declarations = declared.children
    if declared.kind == "dict":
        if declared.keys and sorted(declared.keys) != sorted(tree.keys):
            return None
        declarations = tuple(declared.part(key) for key in tree.keys)
    if len(declarations) != len(tree.children):
        return None
    children = []
    for child, part in zip(tree.children, declarations, strict=True):
        found = conform(scope, node, child, part)
        if found is None:
            return None
        children.append(found)
    return Node(declared.kind, tuple(children), tree.keys)


def unpack_value(scope: Scope, node: ast.expr | ast.stmt, value: Value, count: int) -> Node:
    """The parts of a value that is known to be a tuple."""
    where, span = placement(value.type), scope.span(node)
    parts = tuple(Value(f"{value.name}_{index}", Leaf(where), span) for index in range(count))
    result = Node("tuple", parts)
    scope.emit(Apply(Builtin("unpack"), (value,), result, where, span))
    return result


def taken_apart(scope: Scope, tree: Tree, like: Tree) -> Tree:
    """A tree whose constants are taken apart where another tree has parts."""
    if not isinstance(like, Node):
        return tree
    maker = next((op for op in scope.operations if tree in tuple(results(op))), None)
    if isinstance(maker, Apply) and isinstance(maker.function, Expression) and not maker.args:
        opened = _parts(Literal(maker.function.source))
    else:
        opened = _parts(tree) if isinstance(tree, Literal) else tree
    if not isinstance(opened, Node) or len(opened.children) != len(like.children):
        return tree
    pairs = zip(opened.children, like.children, strict=True)
    return replace(opened, children=tuple(taken_apart(scope, *pair) for pair in pairs))


def _parts(literal: Literal) -> Tree:
    """The parts of a constant that is written as a display, such as ``(0.5, 1)``."""
    kind, keys = "tuple", list[str]()
    match parsed(literal.source):
        case ast.Tuple(elts=elements):
            pass
        case ast.List(elts=elements):
            kind = "list"
        case ast.Dict(keys=given, values=elements):
            kind, keys = "dict", [str(key.value) for key in given if isinstance(key, ast.Constant)]
        case _:
            return literal
    text = Text.of(f"({literal.source}\n)", "")
    return Node(kind, tuple(Literal(text.segment(each)) for each in elements), tuple(keys))


def lower_local(scope: Scope, node: ast.Call, target: Target, hint: str) -> Tree | None:
    """``fed.add(a, b)`` and its like at the server, and lists of tapes; None for others."""
    name = scope.module.resolve(node.func)
    if scope.builtin(node.func) == "list" and len(node.args) == 1 and not node.keywords:
        return lower_list(scope, node, node.args[0], target, hint)
    package, _, member = (name or "").partition(".")
    if package != "fadc" or member not in KEEPING or node.keywords:
        return None
    if any(isinstance(arg, ast.Starred) or counts_clients(scope, arg) for arg in node.args):
        return None
    args = tuple(lower(scope, argument) for argument in node.args)
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
