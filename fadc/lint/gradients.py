"""Diagnostics of values whose derivative is needed: it is zero here, or infinite."""

from __future__ import annotations

import ast
from dataclasses import replace

from fadc.diagnostics import Diagnostic
from fadc.lint.facts import Fact, Pending
from fadc.lint.frame import CallFrame


def zero_gradient(frame: CallFrame, node: ast.expr, function: str) -> Diagnostic:
    """FAD414: the derivative ends here."""
    return frame.diagnostic("FAD414", node, function=function)


def singular(frame: CallFrame, node: ast.expr, fact: Fact, operand: ast.expr) -> Fact:
    """The fact, with FAD415 if its derivative is asked for."""
    note = frame.diagnostic(
        "FAD415", node, expression=frame.text(node), operand=frame.text(operand)
    )
    return replace(fact, pending=fact.pending | {Pending(note)})
