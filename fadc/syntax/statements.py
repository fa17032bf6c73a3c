"""Statements of a computation."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from fadc.ir import Literal, Tree, Value
from fadc.syntax.branches import lower_if
from fadc.syntax.calls import static_value
from fadc.syntax.effects import MUTATORS, remember_captures
from fadc.syntax.expressions import lower
from fadc.syntax.loops import lower_for
from fadc.syntax.scope import OpenTape, Scope, Target, is_poisoned, one_placement
from fadc.syntax.targets import bind, bound_names, read_target, remember_bound

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
        lower_statement(scope, statement)
        if isinstance(statement, ast.Assign):
            remember_bound(scope, *statement.targets)
        elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
            remember_bound(scope, statement.target)


def lower_statement(scope: Scope, node: ast.stmt) -> None:
    """Read one statement."""
    match node:
        case ast.Assign(targets=targets, value=value):
            _assign(scope, node, targets, value)
        case ast.AnnAssign(value=None):
            pass
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            _assign(scope, node, [target], value)
        case ast.AugAssign():
            _lower_augmented(scope, node)
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
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            _refuse_definition(scope, node, name)
        case ast.AsyncFunctionDef():
            scope.report("FAD105", node)
        case _:
            code, slots = _NAMES.get(type(node), ("FAD121", {"statement": _keyword(scope, node)}))
            scope.report(code, node, **slots)
            poison_names(scope, node)


def _refuse_definition(scope: Scope, node: ast.FunctionDef | ast.ClassDef, name: str) -> None:
    from fadc.syntax.modules import decoration, name_of

    scope.bindings[name] = scope.report_nothing()
    if isinstance(node, ast.FunctionDef) and decoration(scope.module, node):
        return
    kind = "function" if isinstance(node, ast.FunctionDef) else "class"
    scope.report("FAD104", name_of(scope.module, node), kind=kind, name=name)


def _keyword(scope: Scope, node: ast.stmt) -> str:
    return scope.module.text.segment(node).split(maxsplit=1)[0]


def poison_names(scope: Scope, node: ast.stmt) -> None:
    """What an unreadable statement binds is not reported again where it is used."""
    for name in bound_names(node):
        scope.bindings[name] = scope.report_nothing()


def _assign(scope: Scope, node: ast.stmt, targets: list[ast.expr], value: ast.expr) -> None:
    read = [read_target(scope, target) for target in targets]
    names = [each for each in read if each is not None]
    if len(names) < len(targets):
        poison_names(scope, node)
        return
    if isinstance(value, ast.List) and not value.elts and _open_tape(scope, node, names):
        return
    name = next((each for each in names if isinstance(each, str)), None)
    target = names[0] if len(names) == 1 else name
    tree = lower(scope, value, target, name or "value")
    if isinstance(tree, Literal):
        tree = static_value(scope, node, tree.source, name or "constant")
    negated = _negated(scope, value)
    for each in names:
        bind(scope, node, each, tree)
    remember_captures(scope, value)
    if negated is not None and isinstance(tree, Value):
        scope.negated[tree] = negated


def _open_tape(scope: Scope, node: ast.stmt, names: Sequence[Target]) -> bool:
    """Whether an empty list is assigned to names, each of which would fill it."""
    tapes = [name for name in names if isinstance(name, str)]
    for name in tapes:
        scope.bindings[name] = OpenTape(name, scope.depth, scope.span(node))
    if len(tapes) > 1:
        scope.report("FAD114", node, tape=tapes[0], problem="has more than one name")
        poison_names(scope, node)
    return len(tapes) == len(names)


def _negated(scope: Scope, value: ast.expr) -> Value | None:
    """The static value that ``not value`` negates: it says the same of every branch."""
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not):
        operand = value.operand
        binding = scope.bindings.get(operand.id) if isinstance(operand, ast.Name) else None
        return binding if isinstance(binding, Value) else None
    return None


def _lower_augmented(scope: Scope, node: ast.AugAssign) -> None:
    if not isinstance(node.target, ast.Name):
        scope.report("FAD111", node, target=scope.module.text.segment(node.target))
        return
    left = ast.Name(id=node.target.id, ctx=ast.Load())
    ast.copy_location(left, node.target)
    combined = ast.BinOp(left=left, op=node.op, right=node.value)
    ast.copy_location(combined, node)
    combined.end_lineno, combined.end_col_offset = node.value.end_lineno, node.value.end_col_offset
    tree = _lower_with_text(scope, node, combined)
    bind(scope, node, node.target.id, tree)


_OPERATORS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.MatMult: "@",
    ast.Pow: "**",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
}


def _lower_with_text(scope: Scope, node: ast.AugAssign, combined: ast.BinOp) -> Tree:
    """``w -= step`` is ``w = w - (step)``: the right side is one operand."""
    from fadc.ir import Apply, Expression, Leaf, Placement
    from fadc.syntax.arrays import array_of
    from fadc.syntax.server_expressions import display

    assert isinstance(node.target, ast.Name)
    name, span = node.target.id, scope.span(node)
    left, right = lower(scope, combined.left), lower(scope, node.value, hint="operand")
    if is_poisoned(left, right):
        return scope.report_nothing()
    for operand, tree in ((node.target, left), (node.value, right)):
        where = one_placement(tree)
        if where is None or where is Placement.CLIENTS:
            label = scope.module.text.segment(operand)
            return scope.report("FAD203", operand, name=label)
    array = array_of(scope, combined)
    parameters: dict[str, Tree] = {}
    taken: set[str] = set()
    texts = [display(tree, parameters, taken) for tree in (left, right)]
    static = all(one_placement(tree) is Placement.STATIC for tree in (left, right))
    where = Placement.STATIC if static else Placement.SERVER
    source = f"{texts[0]} {_OPERATORS[type(node.op)]} {texts[1]}"
    result = Value(name, Leaf(where, None if static else array), span)
    scope.emit(
        Apply(
            Expression(source, tuple(parameters)), tuple(parameters.values()), result, where, span
        )
    )
    return result


def _lower_expression_statement(scope: Scope, node: ast.Expr, value: ast.expr) -> None:
    if isinstance(value, ast.Constant) and isinstance(value.value, str | type(...)):
        return
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        if isinstance(value.func.value, ast.Name) and _lower_method(scope, value, value.func):
            return
    before = len(scope.module.reports)
    lower(scope, value)
    if len(scope.module.reports) == before:
        scope.report("FAD110", node)


def _lower_method(scope: Scope, node: ast.Call, method: ast.Attribute) -> bool:
    """An append to a tape; a mutating method of anything else is refused."""
    assert isinstance(method.value, ast.Name)
    name = method.value.id
    binding = scope.bindings.get(name)
    remember_bound(scope, method.value)
    if (
        method.attr == "append"
        and binding is not None
        and len(node.args) == 1
        and not node.keywords
    ):
        _append(scope, node, name)
        return True
    if method.attr in MUTATORS and binding is not None:
        if isinstance(binding, OpenTape):
            problem = f"is changed with `.{method.attr}`"
            scope.report("FAD114", node, tape=name, problem=problem)
        else:
            scope.report("FAD111", node, target=name)
        scope.bindings[name] = scope.report_nothing()
        return True
    return False


def _append(scope: Scope, node: ast.Call, name: str) -> None:
    binding = scope.bindings[name]
    item = lower(scope, node.args[0], hint=f"{name}_item")
    if isinstance(binding, Value) and is_poisoned(binding):
        return
    problem = None
    if not isinstance(binding, OpenTape):
        problem = "is appended to by more than one loop, or is not an empty list before its loop"
    elif scope.depth == binding.depth:
        problem = "is appended to outside a loop"
    elif scope.depth > binding.depth + 1:
        problem = "is appended to in a loop inside its own loop"
    elif name in scope.appended:
        problem = "is appended to more than once per iteration"
    if problem is None:
        scope.appended[name] = (item, scope.span(node))
        return
    scope.report("FAD114", node, tape=name, problem=problem)
    scope.bindings[name] = scope.report_nothing()
