"""The meaning of names after a branch: choices between what its arms bind."""

from __future__ import annotations

import ast

from fadc.ir import NONE, Branch, Choice, Literal, Node, Tree, Value, rebuild
from fadc.syntax.expressions.conditions import Arm
from fadc.syntax.expressions.made_objects import join_objects
from fadc.syntax.scope.bindings import Binding, Conflict, Expired, InOneArm, OpenTape, is_object
from fadc.syntax.scope.fitting import conform
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.trees import declaration, declared_of, flat, is_poisoned, new_tree
from fadc.syntax.types.declared import NONE_LEAF, join_declared


def join_arms(
    scope: Scope,
    node: ast.If | ast.IfExp,
    condition: Tree | None,
    then: Scope,
    orelse: Scope,
    rename: str | None = None,
) -> list[Choice]:
    """Bind every name that an arm has bound; returns the choices between the arms' values."""
    choices: list[Choice] = []
    for name in dict.fromkeys((*then.bindings, *orelse.bindings)):
        before = scope.bindings.get(name)
        first, second = then.bindings.get(name), orelse.bindings.get(name)
        if first is before and second is before:
            continue
        if is_object(first) or is_object(second):
            arms = (then, first), (orelse, second)
            scope.bindings[name] = join_objects(scope, condition, *arms)
            continue
        scope.bindings[name] = _join_one(
            scope, node, name, (then, first), (orelse, second), choices, rename
        )
    return choices


def _join_one(
    scope: Scope,
    node: ast.If | ast.IfExp,
    name: str,
    then: Arm,
    orelse: Arm,
    choices: list[Choice],
    rename: str | None,
) -> Binding:
    """The meaning of a name after a branch, given what each arm binds it to."""
    first, second = then[1], orelse[1]
    for tree, other in ((first, second), (second, first)):
        if isinstance(tree, Value | Node | Literal) and is_poisoned(tree):
            return tree
        if isinstance(other, OpenTape) and isinstance(tree, Value | Node | Literal):
            slots: dict[str, object] = {"tape": name, "problem": "is not filled on every path"}
            return Conflict("FAD114", node, slots)
    if isinstance(first, Value | Node | Literal) and isinstance(second, Value | Node | Literal):
        return choose(scope, node, name, (then[0], first), (orelse[0], second), choices, rename)
    span = scope.span(node)
    for (inner, found), other in ((then, second), (orelse, first)):
        if isinstance(found, Value | Node | Literal) and isinstance(
            other, None | Expired | InOneArm
        ):
            output = new_tree(declared_of(found), name, span)
            for part, result in zip(flat(found), flat(output), strict=True):
                assert isinstance(result, Value)
                chosen = (
                    Choice(part, None, result) if inner is then[0] else Choice(None, part, result)
                )
                choices.append(chosen)
            key, holds = inner.conditions[-1]
            return InOneArm(output, key, holds)
    if isinstance(first, OpenTape) and isinstance(second, OpenTape):
        return first
    for (inner, found), other in ((then, second), (orelse, first)):
        if isinstance(found, OpenTape) and isinstance(other, None | Expired | InOneArm):
            return InOneArm(found, *inner.conditions[-1])
    return Expired("is not bound on every path")


def choose(
    scope: Scope,
    node: ast.If | ast.IfExp,
    name: str,
    then: tuple[Scope, Tree],
    orelse: tuple[Scope, Tree],
    choices: list[Choice],
    rename: str | None,
) -> Tree | Conflict:
    """The choice between two trees.

    To match, static values become placed, and constants are taken apart.
    """
    first, second = then[1], orelse[1]
    if declared_of(first) == NONE_LEAF:
        first = _none_like(second)
    elif declared_of(second) == NONE_LEAF:
        second = _none_like(first)
    joined = join_declared(declared_of(first), declared_of(second))
    if joined is None:
        fitted = conform(orelse[0], node, second, declared_of(first))
        if fitted is None:
            fitted, first = second, conform(then[0], node, first, declared_of(second)) or first
        second = fitted
        joined = join_declared(declared_of(first), declared_of(second))
    if joined is None:
        slots: dict[str, object] = {"first": declaration(first), "second": declaration(second)}
        where = node if isinstance(node, ast.IfExp) else _last_store(node, name)
        return Conflict("FAD213", where, {"name": rename or name, **slots})
    output = new_tree(joined, rename or name, scope.span(node))
    for parts in zip(flat(first), flat(second), flat(output), strict=True):
        choices.append(Choice(*parts))  # type: ignore[arg-type]
    return output


def _none_like(tree: Tree) -> Tree:
    """``None`` in the structure of a tree."""
    return rebuild(tree, lambda value: NONE) if isinstance(tree, Node) else NONE


def _last_store(node: ast.If, name: str) -> ast.expr | ast.stmt:
    found: ast.expr | ast.stmt = node
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Store):
            if not isinstance(found, ast.Name) or inner.lineno > found.lineno:
                found = inner
    return found


def settled(scope: Scope, found: Tree | Conflict) -> Tree:
    """A chosen value that is used at once, so that a conflict is reported immediately."""
    if isinstance(found, Conflict):
        return scope.report(found.code, found.node, **found.slots)
    return found


def emit_branch(
    scope: Scope,
    node: ast.expr | ast.stmt,
    condition: Tree,
    then: Scope,
    orelse: Scope,
    choices: list[Choice],
) -> None:
    """Emit a branch, unless both arms are empty."""
    blocks = tuple(then.operations), tuple(orelse.operations)
    if choices or any(blocks):
        scope.emit(Branch(condition, *blocks, tuple(choices), scope.span(node)))
