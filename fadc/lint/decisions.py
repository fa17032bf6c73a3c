"""Uses by Python of values that JAX traces: decisions on them, and concrete values."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from fadc.diagnostics import Severity
from fadc.lint.facts import STATIC, Fact, Kind, constant, cut
from fadc.lint.frame import CallFrame

_TESTS_OF_TYPES = frozenset(["isinstance", "hasattr", "type", "issubclass", "callable"])


def tests_type(node: ast.expr) -> bool:
    """Whether a condition tests a type, so that code after it may never see a traced value."""
    return any(
        isinstance(inner, ast.Name)
        and inner.id in _TESTS_OF_TYPES
        or isinstance(inner, ast.Attribute)
        and inner.attr == "Tracer"
        for inner in ast.walk(node)
    )


def decide(frame: CallFrame, node: ast.expr, fact: Fact, what: str) -> None:
    """Report a decision of Python on an array that JAX traces.

    At the server, where values are concrete unless the user's own `jax.jit` traces them, it is a
    warning: the derivative is that of the branch taken.
    """
    if fact.kind is not Kind.ARRAY:
        return
    severity = None if frame.at_clients else Severity.WARNING
    slots = {"what": what, "value": frame.text(node), "function": frame.label}
    frame.report("FAD408", node, severity, **slots)


def concrete(frame: CallFrame, fact: Fact, operation: str, node: ast.expr) -> Fact:
    """Report that Python needs the value of an array, which does not exist under a trace.

    At the server it exists, but the derivative does not follow it.
    """
    severity = None if frame.at_clients or fact.active else Severity.WARNING
    frame.report("FAD413", node, severity, operation=operation, function=frame.label)
    found = cut([constant(fact)])
    return replace(found, kind=Kind.UNKNOWN)


def of_text(frame: CallFrame, facts: Iterable[Fact], operation: str, node: ast.expr) -> Fact:
    """The fact of a text made from values; the text of a traced array is not that of its value."""
    traced = next((fact for fact in facts if fact.traced), None)
    return STATIC if traced is None else concrete(frame, traced, operation, node)


def is_text(node: object) -> bool:
    """Whether an expression is a string literal."""
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
