"""Assignments: to one name or several, of lists, objects and values."""

from __future__ import annotations

import ast

from fadc.ir import Literal, Node, Placement, Tree, Value, placement
from fadc.syntax.expressions.effects import remember_captures
from fadc.syntax.expressions.objects import bind_objects
from fadc.syntax.scope.scope import Scope
from fadc.syntax.scope.targets import bind, read_target, static_value
from fadc.syntax.scope.trees import declared_of, is_poisoned, one_placement
from fadc.syntax.source.bound_names import bound_names
from fadc.syntax.statements.tapes import is_empty_list, open_tape, open_tapes
from fadc.syntax.types.annotations import read_annotation
from fadc.syntax.types.declared import Declared, Structure, annotation_of


def lower_assignment(
    scope: Scope, node: ast.stmt, targets: list[ast.expr], value: ast.expr
) -> None:
    """Read an assignment of one value to one or several targets."""
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
    tree = scope.lower(value, target, name or "value")
    if isinstance(tree, Literal):
        tree = static_value(scope, node, tree.source, name or "constant")
    negated = _negated(scope, value)
    for each in names:
        bind(scope, node, each, tree)
    remember_captures(scope, value)
    if negated is not None and isinstance(tree, Value) and not is_poisoned(tree):
        scope.negated[tree] = negated


def _negated(scope: Scope, value: ast.expr) -> Value | None:
    """The static value that ``not value`` negates, which decides branches equally."""
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not):
        operand = value.operand
        binding = scope.bindings.get(operand.id) if isinstance(operand, ast.Name) else None
        return binding if isinstance(binding, Value) else None
    return None


def compare_annotation(scope: Scope, node: ast.AnnAssign) -> None:
    """Report an annotation with another placement than the value's."""
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


def poison_names(scope: Scope, node: ast.stmt) -> None:
    """Mark the names that an unreadable statement binds, so that their uses are not reported."""
    for name in bound_names(node):
        scope.bindings[name] = scope.report_nothing()
