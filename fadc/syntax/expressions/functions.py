"""The function given to ``fed.map``: a name, a dotted name, a partial over static values or a lambda."""

from __future__ import annotations

import ast
import builtins
import keyword

from fadc.ir import Builtin, Literal, Mapped, Node, Placement, Tree, Value, all_leaves, placement
from fadc.syntax.expressions.effects import refuse_call
from fadc.syntax.expressions.references import is_federated, refuse_global
from fadc.syntax.scope.bindings import OpenTape
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import is_poisoned, one_placement
from fadc.syntax.source import names
from fadc.syntax.source.names import fresh

KEEPING = ("add", "cast_like", "divide", "zeros_like")
"""Local functions whose result is of the same kind as their first argument: an array, a tape."""

LOCAL_FUNCTIONS = (*KEEPING, "scale", "pull")


def lower_function(
    scope: Scope, node: ast.expr, args: list[Tree], keywords: list[str]
) -> tuple[Mapped | Builtin, tuple[Tree, ...]] | None:
    """The mapped function and the static values that its text captures; None after a report."""
    refused = _refuse_function(scope, node)
    captured = _captures(scope, node) if not refused or isinstance(node, ast.Call) else None
    if refused or captured is None:
        return None
    resolved = scope.module.resolve(node) or ""
    package, _, member = resolved.partition(".")
    if package == "fadc" and member in LOCAL_FUNCTIONS and not keywords:
        return Builtin(member), ()
    hint = _hint(node)
    reserved = {*captured, *keywords}
    parameters = _parameters(scope, node, args, reserved)
    text = scope.module.text
    source = text.with_comments(node, text.segment(node))
    return Mapped(source, parameters, tuple(captured), tuple(keywords), hint), tuple(
        captured.values()
    )


def lower_keywords(scope: Scope, node: ast.Call, function: str) -> list[tuple[str, Tree]]:
    """The static keyword arguments of ``fed.map``."""
    found = []
    for argument in node.keywords:
        assert argument.arg is not None
        tree = scope.lower(argument.value)
        where = one_placement(tree)
        if not is_poisoned(tree) and where is not Placement.STATIC:
            code = "FAD211" if where is Placement.CLIENTS else "FAD201"
            name = scope.module.text.segment(argument.value)
            tree = scope.report(code, argument.value, name=name, function=function)
        found.append((argument.arg, tree))
    return found


def _refuse_function(scope: Scope, node: ast.expr) -> bool:
    """Report what is neither a name, a dotted name, a partial nor a lambda."""
    if isinstance(node, ast.Lambda):
        starred = node.args.vararg or node.args.kwarg
        if starred is not None:
            scope.report("FAD131", starred, parameter=starred.arg, problem="is starred")
        return starred is not None
    if isinstance(node, ast.Call):
        if scope.module.resolve(node.func) == "functools.partial" and node.args:
            return _refuse_function(scope, node.args[0])
        problem = "is made where it is mapped, so `fed.map` cannot name it"
        cure = f"bind it to a name first, as in `client_function = {scope.module.text.brief(node)}`"
    elif names.root(node) is not None:
        return False
    else:
        problem = "does not say which function `fed.map` runs at the clients"
        cure = "give a name, a dotted name, a `functools.partial` over static values, or a lambda"
    scope.report("FAD124", node, function=scope.module.text.brief(node), problem=problem, cure=cure)
    return True


def _captures(scope: Scope, node: ast.expr) -> dict[str, Tree] | None:
    """The locals that the function's text uses, which must be static."""
    captured: dict[str, Tree] = {}
    called: set[int] = set()
    failed = False
    for inner, bound, _ in names.visit(node):
        own = isinstance(inner, ast.Call) and names.root(inner.func) in bound
        if isinstance(inner, ast.Call) and not own and _refuse_call(scope, inner, node, bound):
            called.add(id(inner.func))
            failed = True
        if not isinstance(inner, ast.Name | ast.Attribute) or id(inner) in called:
            continue
        root = names.root(inner)
        if root is None or root in bound:
            continue
        if root not in scope.local_names:
            failed |= refuse_global(scope, inner)
        elif isinstance(inner, ast.Name) and scope.made(inner) is not None:
            _refuse_object(scope, inner, node)
            failed = True
        elif isinstance(inner, ast.Name):
            tree = scope.look_up(inner)
            if tree is None or is_poisoned(tree) or not _capture(scope, inner, tree, node):
                failed = True
            else:
                captured[inner.id] = tree
    return None if failed else captured


def _refuse_call(scope: Scope, inner: ast.Call, node: ast.expr, bound: frozenset[str]) -> bool:
    """Report a primitive, a computation, a change in place or the size of the cohort."""
    if refuse_call(scope, inner, bound):
        return True
    if names.root(inner.func) in scope.local_names:
        return False
    if is_federated(scope, inner):
        primitive = scope.module.text.segment(inner.func)
        scope.report(
            "FAD123", inner, primitive=primitive, problem="called inside a mapped function"
        )
        return True
    if scope.module.resolve(inner.func) == "fadc.num_clients":
        scope.report(
            "FAD212", inner, where=f"the mapped function `{scope.module.text.brief(node)}`"
        )
        return True
    return False


def _capture(scope: Scope, inner: ast.Name, tree: Tree, node: ast.expr) -> bool:
    where = one_placement(tree)
    if where is Placement.STATIC:
        return True
    binding = scope.bindings[inner.id]
    assert not isinstance(binding, OpenTape)
    code = "FAD211" if where is Placement.CLIENTS else "FAD201"
    scope.report(code, inner, name=inner.id, function=scope.module.text.brief(node))
    return False


def _refuse_object(scope: Scope, inner: ast.Name, node: ast.expr) -> None:
    """Report server values that a mapped function would capture through objects made from them."""
    made = scope.made(inner)
    trees = [tree for _, tree in made.arguments] if made else []
    for value in all_leaves(trees):
        if placement(value.type) is Placement.SERVER:
            scope.report("FAD201", inner, name=value.name, function=scope.module.text.brief(node))


def _hint(node: ast.expr) -> str:
    """The stem of derived functions' names."""
    if isinstance(node, ast.Call):
        return _hint(node.args[0])
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else "local"


def _parameters(
    scope: Scope, node: ast.expr, args: list[Tree], reserved: set[str]
) -> tuple[str, ...]:
    """Names for the positional parameters: those of the function's definition, if available."""
    known: list[str] = []
    if isinstance(node, ast.Lambda):
        known = names.positional(node)
    elif isinstance(node, ast.Name) and node.id not in scope.bindings:
        definition = scope.module.function(node)
        known = names.positional(definition) if definition else []
    elif isinstance(node, ast.Call) and isinstance(node.args[0], ast.Name):
        definition = scope.module.function(node.args[0])
        bound = {argument.arg for argument in node.keywords}
        plain = names.positional(definition)[len(node.args) - 1 :] if definition else []
        known = [name for name in plain if name not in bound]
    taken = set(reserved) | {n.id for n, _, _ in names.visit(node) if isinstance(n, ast.Name)}
    taken -= set(known)
    chosen: list[str] = []
    for index, arg in enumerate(args):
        name = known[index] if index < len(known) else _plain_name(arg, index)
        name = fresh(name, taken)
        taken.add(name)
        chosen.append(name)
    return tuple(chosen)


def _plain_name(tree: Tree, index: int) -> str:
    name = tree.name if isinstance(tree, Value) else f"argument_{index}"
    name = name.removesuffix("_at_clients")
    if isinstance(tree, Literal | Node) or keyword.iskeyword(name) or hasattr(builtins, name):
        return f"argument_{index}"
    return name
