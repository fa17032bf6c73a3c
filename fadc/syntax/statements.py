"""Statements of a computation."""

from __future__ import annotations

import ast

from fadc.ir import Leaf, Literal, Node, Placement, Tree, Value, placement
from fadc.syntax.annotations import Declared, Structure, read_annotation
from fadc.syntax.branches import lower_if
from fadc.syntax.effects import remember_captures
from fadc.syntax.expressions import lower
from fadc.syntax.loops import lower_for
from fadc.syntax.modules import decoration, name_of
from fadc.syntax.names import root
from fadc.syntax.objects import bind_objects
from fadc.syntax.receivers import MUTATORS
from fadc.syntax.scope import (
    OpenTape,
    Scope,
    annotation_of,
    declared_of,
    is_poisoned,
    one_placement,
)
from fadc.syntax.tapes import append, is_empty_list, open_tape, open_tapes
from fadc.syntax.targets import bind, bound_names, read_target, remember_bound, static_value

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
            _compare_annotation(scope, node)
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
    if is_empty_list(scope, value) and open_tape(scope, node, names):
        return
    if len(names) == 1 and open_tapes(scope, node, names[0], value):
        return
    if isinstance(value, ast.GeneratorExp):
        slots = {"expression": "a generator", "problem": "gives its values only once"}
        scope.report("FAD122", value, **slots)
        poison_names(scope, node)
        return
    if len(names) == 1 and bind_objects(scope, names[0], value):
        remember_captures(scope, value)
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
    if negated is not None and isinstance(tree, Value) and not is_poisoned(tree):
        scope.negated[tree] = negated


def _compare_annotation(scope: Scope, node: ast.AnnAssign) -> None:
    """Report an annotation that says another placement than the value's."""
    binding = scope.bindings.get(node.target.id) if isinstance(node.target, ast.Name) else None
    declared = read_annotation(scope.module, node.annotation)
    if isinstance(declared, ast.expr) or not isinstance(binding, Value | Node):
        return
    if not is_poisoned(binding) and _contradicts(declared, binding):
        slots = {"declared": annotation_of(declared), "found": annotation_of(declared_of(binding))}
        name = scope.module.text.segment(node.target)
        poison = scope.report("FAD215", node.annotation, name=name, **slots)
        bind(scope, node, name, poison)


def _contradicts(declared: Declared, tree: Tree) -> bool:
    if isinstance(declared, Structure):
        parts = tree.children if isinstance(tree, Node) and tree.kind == declared.kind else ()
        return any(map(_contradicts, declared.children, parts))
    where, found = placement(declared), one_placement(tree)
    if where is Placement.STATIC or found is where:
        return False
    return found is not Placement.STATIC or where is Placement.CLIENTS


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
    from fadc.ir import Apply, Expression
    from fadc.syntax.arrays import array_of
    from fadc.syntax.server_expressions import display

    assert isinstance(node.target, ast.Name)
    name, span = node.target.id, scope.span(node)
    if isinstance(scope.bindings.get(name), OpenTape):
        problem = f"is changed with `{_OPERATORS[type(node.op)]}=`"
        return scope.report("FAD114", node, tape=name, problem=problem)
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
    if len(scope.module.reports) == before and not _is_unknown_call(scope, value):
        scope.report("FAD110", node)


def _is_unknown_call(scope: Scope, value: ast.expr) -> bool:
    """Whether something is called that has been reported already."""
    callee = root(value.func) if isinstance(value, ast.Call) else None
    binding = scope.bindings.get(callee) if callee else None
    return isinstance(binding, Value) and is_poisoned(binding)


def _lower_method(scope: Scope, node: ast.Call, method: ast.Attribute) -> bool:
    """An append to a tape; a mutating method of anything else is refused."""
    assert isinstance(method.value, ast.Name)
    name = method.value.id
    scope.settle(name)
    binding = scope.bindings.get(name)
    remember_bound(scope, method.value)
    if binding is None or method.attr not in MUTATORS:
        return False
    one = len(node.args) == 1 and not node.keywords
    poisoned = isinstance(binding, Value) and is_poisoned(binding)
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
