"""Emitted branches: one variable for each result."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fadc.emit.code.nodes import if_
from fadc.emit.code.templates import expression, statement
from fadc.emit.computations.emission import Emission
from fadc.emit.computations.expressions import tree_text
from fadc.emit.computations.moves import moves
from fadc.ir import Branch


def branch_text(
    emission: Emission, branch: Branch, then: Sequence[Any], orelse: Sequence[Any]
) -> Any:
    """An ``if`` statement around the statements of its arms."""
    arms = emission.names.arms[branch]
    condition = tree_text(emission, branch.condition)
    then = [*then, *moves(emission, ((a.then, a.name) for a in arms if a.then is not None))]
    orelse = [*orelse, *moves(emission, ((a.orelse, a.name) for a in arms if a.orelse is not None))]
    if not then and orelse:
        return if_(expression("not $condition", condition=condition), orelse)
    return if_(condition, then or [statement("pass")], orelse)
