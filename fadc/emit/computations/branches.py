"""Branches as emitted: one variable for each value that the arms choose between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fadc.emit.code.nodes import if_
from fadc.emit.code.templates import expression, statement
from fadc.emit.computations.expressions import tree_text
from fadc.emit.computations.moves import moves
from fadc.emit.computations.scope import Scope
from fadc.ir import Branch


def branch_text(scope: Scope, branch: Branch, then: Sequence[Any], orelse: Sequence[Any]) -> Any:
    """An ``if`` statement around the statements of its arms."""
    arms = scope.names.arms[branch]
    condition = tree_text(scope, branch.condition)
    then = [*then, *moves(scope, ((a.then, a.name) for a in arms if a.then is not None))]
    orelse = [*orelse, *moves(scope, ((a.orelse, a.name) for a in arms if a.orelse is not None))]
    if not then and orelse:
        return if_(expression("not $condition", condition=condition), orelse)
    return if_(condition, then or [statement("pass")], orelse)
