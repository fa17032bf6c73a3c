"""``if`` on a static condition, and the conditional expression on one."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.ir import (
    NONE,
    Apply,
    Branch,
    Choice,
    Expression,
    Leaf,
    Literal,
    Node,
    Placement,
    Tree,
    Value,
    leaves,
    rebuild,
    results,
)
from fadc.syntax import names
from fadc.syntax.calls import conform
from fadc.syntax.expressions import lower, names_read
from fadc.syntax.iterables import counts_clients
from fadc.syntax.loops import flat, join
from fadc.syntax.names import fresh, is_shape_of
from fadc.syntax.scope import (
    NONE_LEAF,
    Binding,
    Conflict,
    Expired,
    Key,
    Made,
    OpenTape,
    Partial,
    Scope,
    Target,
    declaration,
    declared_of,
    is_object,
    is_poisoned,
    new_tree,
    one_placement,
    word,
)
from fadc.syntax.text import enclosed

_RESULT = "·result"


def lower_if(scope: Scope, node: ast.If) -> None:
    """Read an ``if`` statement."""
    from fadc.syntax.statements import lower_block

    condition = lower_condition(scope, node.test, "condition")
    then, orelse = _arms(scope, node.test)
    lower_block(then, node.body)
    lower_block(orelse, node.orelse)
    choices = _join(scope, node, condition, then, orelse)
    _join_appended(scope, node, then, orelse, choices)
    if condition is not None:
        _emit(scope, node, condition, then, orelse, choices)


def lower_conditional(scope: Scope, node: ast.IfExp, target: Target, hint: str) -> Tree:
    """Read a conditional expression whose arms hold primitives or client values."""
    condition = lower_condition(scope, node.test, "conditional expression")
    then, orelse = _arms(scope, node.test)
    name = target if isinstance(target, str) else hint
    then.bindings[_RESULT] = lower(then, node.body, name, hint)
    orelse.bindings[_RESULT] = lower(orelse, node.orelse, name, hint)
    choices = _join(scope, node, condition, then, orelse, name)
    result = scope.bindings.pop(_RESULT, scope.report_nothing())
    if isinstance(result, Conflict):
        result = _settled(scope, result)
    if condition is None or not isinstance(result, Value | Node | Literal):
        return scope.report_nothing()
    _emit(scope, node, condition, then, orelse, choices)
    return result


def lower_condition(scope: Scope, test: ast.expr, what: str) -> Tree | None:
    """A static condition; None after a report."""
    counted = counts_clients(scope, test)
    if counted is not None:
        scope.report("FAD212", counted, where=f"a {what}")
        return None
    for name in names_read(scope, test):
        binding = scope.bindings.get(name)
        if isinstance(binding, Value | Node) and not is_poisoned(binding):
            if one_placement(binding) is not Placement.STATIC and not is_shape_of(test, name):
                scope.report("FAD209", test, what=what, placement=word(binding))
                return None
    tree = _condition(scope, test)
    if is_poisoned(tree):
        return None
    if one_placement(tree) is not Placement.STATIC:
        scope.report("FAD209", test, what=what, placement=word(tree))
        return None
    return tree


def _condition(scope: Scope, test: ast.expr) -> Tree:
    """A condition; of a negated one, what it negates is a value of its own, so that it is known again."""
    if not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
        return lower(scope, test)
    if isinstance(test.operand, ast.Name | ast.Constant):
        return lower(scope, test)
    negated = _condition(scope, test.operand)
    if not isinstance(negated, Value) or one_placement(negated) is not Placement.STATIC:
        return negated if is_poisoned(negated) else lower(scope, test)
    result = Value("value", Leaf(Placement.STATIC), scope.span(test), anonymous=True)
    negation = Expression("not value", ("value",))
    scope.emit(Apply(negation, (negated,), result, Placement.STATIC, result.span))
    return result


def _arms(scope: Scope, test: ast.expr) -> tuple[Scope, Scope]:
    key, holds = _key(scope, test)
    then, orelse = scope.inside(), scope.inside()
    then.conditions = (*scope.conditions, (key, holds))
    orelse.conditions = (*scope.conditions, (key, not holds))
    return then, orelse


def _key(scope: Scope, test: ast.expr) -> tuple[Key, bool]:
    """What a condition says, ``not`` taken off."""
    holds = True
    while isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, holds = test.operand, not holds
    values: list[Tree] = []
    for name in names.free_names(test):
        binding = scope.bindings.get(name)
        if isinstance(binding, Value | Node | Literal):
            values.append(binding)
    if isinstance(test, ast.Name) and len(values) == 1:
        value = values[0]
        while isinstance(value, Value) and value in scope.negated:
            value, holds = scope.negated[value], not holds
        return (test.id, (value,)), holds
    return (ast.unparse(test), tuple(values)), holds


def _emit(
    scope: Scope,
    node: ast.expr | ast.stmt,
    condition: Tree,
    then: Scope,
    orelse: Scope,
    choices: list[Choice],
) -> None:
    blocks = tuple(then.operations), tuple(orelse.operations)
    if choices or any(blocks):
        scope.emit(Branch(condition, *blocks, tuple(choices), scope.span(node)))


def _join(
    scope: Scope,
    node: ast.If | ast.IfExp,
    condition: Tree | None,
    then: Scope,
    orelse: Scope,
    rename: str | None = None,
) -> list[Choice]:
    """Bind every name that an arm has bound; the choices between the arms' values."""
    choices: list[Choice] = []
    for name in dict.fromkeys((*then.bindings, *orelse.bindings)):
        before = scope.bindings.get(name)
        first, second = then.bindings.get(name), orelse.bindings.get(name)
        if first is before and second is before:
            continue
        if is_object(first) or is_object(second):
            arms = (then, first), (orelse, second)
            scope.bindings[name] = _join_objects(scope, condition, *arms)
            continue
        scope.bindings[name] = _join_one(
            scope, node, name, (then, first), (orelse, second), choices, rename
        )
    return choices


Arm = tuple[Scope, Binding | None]


def _join_one(
    scope: Scope,
    node: ast.If | ast.IfExp,
    name: str,
    then: Arm,
    orelse: Arm,
    choices: list[Choice],
    rename: str | None,
) -> Binding:
    first, second = then[1], orelse[1]
    for tree, other in ((first, second), (second, first)):
        if isinstance(tree, Value | Node | Literal) and is_poisoned(tree):
            return tree
        if isinstance(other, OpenTape) and isinstance(tree, Value | Node | Literal):
            slots: dict[str, object] = {"tape": name, "problem": "is not filled on every path"}
            return Conflict("FAD114", node, slots)
    if isinstance(first, Value | Node | Literal) and isinstance(second, Value | Node | Literal):
        return _choose(scope, node, name, (then[0], first), (orelse[0], second), choices, rename)
    span = scope.span(node)
    for (inner, found), other in ((then, second), (orelse, first)):
        if isinstance(found, Value | Node | Literal) and isinstance(
            other, None | Expired | Partial
        ):
            output = new_tree(declared_of(found), name, span)
            for part, result in zip(flat(found), flat(output), strict=True):
                assert isinstance(result, Value)
                chosen = (
                    Choice(part, None, result) if inner is then[0] else Choice(None, part, result)
                )
                choices.append(chosen)
            key, holds = inner.conditions[-1]
            return Partial(output, key, holds)
    if isinstance(first, OpenTape) and isinstance(second, OpenTape):
        return first
    for (inner, found), other in ((then, second), (orelse, first)):
        if isinstance(found, OpenTape) and isinstance(other, None | Expired | Partial):
            return Partial(found, *inner.conditions[-1])
    return Expired("is not bound on every path")


def _join_objects(scope: Scope, condition: Tree | None, then: Arm, orelse: Arm) -> Binding:
    """An object that one arm makes, or the choice between those of both."""
    first, second = _object(then), _object(orelse)
    if first is not None and second is not None and condition is not None:
        arguments = (*first.arguments, *second.arguments)
        if isinstance(condition, Literal):
            test = condition.source
        else:
            test = fresh("condition", scope.identifiers)
            scope.identifiers.add(test)
            arguments = ((test, condition), *arguments)
        chosen = f"({enclosed(first.source)} if {enclosed(test)} else {enclosed(second.source)})"
        return Made(chosen, arguments, first.node, first.certain or second.certain)
    for found, (inner, _), (_, other) in ((first, then, orelse), (second, orelse, then)):
        if found is not None and isinstance(other, None | Expired):
            return Partial(found, *inner.conditions[-1])
    return Expired("is an object made of values of one arm of an `if`")


def _object(arm: Arm) -> Made | None:
    """The object that an arm binds, if it can be made behind the arm, too."""
    inner, found = arm
    makers = {v: op for op in inner.operations for v in results(op)}
    maker = makers.get(found) if isinstance(found, Value) else None
    if isinstance(maker, Apply) and isinstance(maker.function, Expression):
        pairs = tuple(zip(maker.function.parameters, maker.args, strict=True))
        found = Made(enclosed(maker.function.source), pairs, ast.Constant(value=None))
    if not isinstance(found, Made):
        return None
    read = {value for _, tree in found.arguments for value in leaves(tree)}
    return None if read & makers.keys() else found


def _choose(
    scope: Scope,
    node: ast.If | ast.IfExp,
    name: str,
    then: tuple[Scope, Tree],
    orelse: tuple[Scope, Tree],
    choices: list[Choice],
    rename: str | None,
) -> Tree | Conflict:
    first, second = then[1], orelse[1]
    if declared_of(first) == NONE_LEAF:
        first = rebuild_none(second)
    elif declared_of(second) == NONE_LEAF:
        second = rebuild_none(first)
    joined = join(declared_of(first), declared_of(second))
    if joined is None:
        fitted = conform(orelse[0], node, second, declared_of(first))
        if fitted is None:
            fitted, first = second, conform(then[0], node, first, declared_of(second)) or first
        second = fitted
        joined = join(declared_of(first), declared_of(second))
    if joined is None:
        slots: dict[str, object] = {"first": declaration(first), "second": declaration(second)}
        where = node if isinstance(node, ast.IfExp) else _last_store(node, name)
        return Conflict("FAD213", where, {"name": rename or name, **slots})
    output = new_tree(joined, rename or name, scope.span(node))
    for parts in zip(flat(first), flat(second), flat(output), strict=True):
        choices.append(Choice(*parts))  # type: ignore[arg-type]
    return output


def rebuild_none(tree: Tree) -> Tree:
    """``None`` in the structure of a tree."""
    return rebuild(tree, lambda value: NONE) if isinstance(tree, Node) else NONE


def _last_store(node: ast.If, name: str) -> ast.expr | ast.stmt:
    found: ast.expr | ast.stmt = node
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Store):
            if not isinstance(found, ast.Name) or inner.lineno > found.lineno:
                found = inner
    return found


def _join_appended(
    scope: Scope, node: ast.If, then: Scope, orelse: Scope, choices: list[Choice]
) -> None:
    """An append in both arms is one append of the chosen value."""
    for name in dict.fromkeys((*then.appended, *orelse.appended)):
        if name not in then.appended or name not in orelse.appended:
            problem = "is not appended to on every path"
            scope.report("FAD114", node, tape=name, problem=problem)
            scope.bindings[name] = scope.report_nothing()
            continue
        first, where = then.appended[name]
        second, _ = orelse.appended[name]
        if is_poisoned(first, second):
            scope.appended[name] = (scope.report_nothing(), where)
            continue
        arms = (then, first), (orelse, second)
        found = _choose(scope, node, f"{name}_item", *arms, choices, None)
        if isinstance(found, Conflict):
            found = replace(found, slots={**found.slots, "name": name})
        scope.appended[name] = (_settled(scope, found), where)


def _settled(scope: Scope, found: Tree | Conflict) -> Tree:
    """A chosen value that is used at once: a conflict is reported now."""
    if isinstance(found, Conflict):
        return scope.report(found.code, found.node, **found.slots)
    return found
