"""Side effects of local functions: on arguments, on globals, on the outside world."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from fadc.diagnostics import Severity
from fadc.lint import library
from fadc.lint.facts import Fact, Kind
from fadc.lint.frame import CallFrame
from fadc.syntax.modules.receivers import MUTATORS, Change, change
from fadc.syntax.source.names import owner_node


def refuse_global_statement(frame: CallFrame, node: ast.Global, names: Sequence[str]) -> None:
    """Report a declaration that lets a function change module state."""
    frame.report("FAD411", node, name=names[0], function=frame.label)


def refuse_mutation(frame: CallFrame, target: ast.expr, where: ast.expr | ast.stmt) -> None:
    """Report a change in place of an argument, of an array or of a global."""
    if not isinstance(target, ast.Subscript | ast.Attribute):
        return
    owner = target.value
    if _is_global(frame, owner):
        frame.report("FAD411", where, name=frame.text(owner), function=frame.label)
        return
    fact = frame.evaluate(owner)
    array = fact.kind is Kind.ARRAY and isinstance(target, ast.Subscript)
    if array or fact.borrowed and fact.traced:
        frame.report("FAD410", where, name=frame.text(owner), function=frame.label)


def refuse_mutator(frame: CallFrame, owner: Fact, node: ast.Call, discarded: bool) -> bool:
    """Report a call of a method that changes an argument or a global in place."""
    assert isinstance(node.func, ast.Attribute)
    value, name = node.func.value, node.func.attr
    if change(frame.module, node, discarded) is Change.SURE:
        frame.report("FAD411", node, name=frame.text(value), function=frame.label)
        return True
    if name not in MUTATORS:
        return False
    if not (discarded or name in ("pop", "popitem", "setdefault")):
        return False
    if owner.borrowed and owner.kind is Kind.TREE:
        frame.report("FAD410", node, name=frame.text(value), function=frame.label)
        return True
    return False


def _is_global(frame: CallFrame, node: ast.expr) -> bool:
    """Whether an expression is, or is a part of, an object at module level."""
    owner = owner_node(node)
    known = isinstance(owner, ast.Name) and owner.id in frame.module.names
    return known and frame.module.is_global(owner)


def refuse_effect(frame: CallFrame, name: str, node: ast.expr) -> bool:
    """Report a call whose result or effect a trace would freeze; returns whether it is one."""
    if not is_effect(name):
        return False
    if name == "print":
        if frame.at_clients:
            frame.report("FAD412", node, Severity.WARNING, callee=name, function=frame.label)
        return True
    severity = None if frame.at_clients else Severity.WARNING
    frame.report("FAD412", node, severity, callee=name, function=frame.label)
    return True


def is_effect(name: str) -> bool:
    """Whether a library function acts on, or depends on, more than its arguments."""
    return name in library.EFFECTS or (
        name.startswith(library.UNTRACED) and name not in library.HARMLESS
    )


def is_message(name: str) -> bool:
    """Whether a library function sends values without a primitive, which `leaks` reports."""
    collective = name.startswith("jax.lax.") and name.rpartition(".")[2] in library.COLLECTIVES
    return collective or name in library.CALLBACKS
