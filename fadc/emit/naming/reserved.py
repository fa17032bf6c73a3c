"""Names that an emitted computation must not take: the globals that its own text reads."""

from __future__ import annotations

from collections.abc import Iterable

from fadc.emit.context import Context
from fadc.ir import (
    Accumulated,
    Aggregate,
    Apply,
    Branch,
    Call,
    Chain,
    Computation,
    Expression,
    Function,
    Linearized,
    Literal,
    Loop,
    Mapped,
    Operation,
    Pushforward,
    Recomputed,
    Tree,
    slots,
    walk,
)
from fadc.ir.source_text import parsed
from fadc.syntax.source.names import free_names

_PYTHON = ("range", "zip", "enumerate", "reversed", "list", "len", "min")


def reserved_names(context: Context, computation: Computation) -> set[str]:
    """The globals that the text of a computation reads."""
    found = set(_PYTHON)
    for operation in walk(computation.block):
        if isinstance(operation, Apply):
            function: Function | Chain = operation.function
            if isinstance(function, Pushforward | Linearized | Recomputed | Accumulated):
                function = function.function
            if isinstance(function, Expression):
                found |= set(_globals(function.source)) - set(function.parameters)
            elif isinstance(function, Mapped):
                found |= set(_globals(function.source)) - set(function.captures)
        elif isinstance(operation, Call):
            found.add(operation.computation)
        elif isinstance(operation, Aggregate) and operation.aggregator.name:
            found.add(operation.aggregator.name)
        for literal in _literals(operation):
            found |= set(_globals(literal.source))
    return found


def _literals(operation: Operation) -> Iterable[Literal]:
    trees: Iterable[Tree] = ()
    if isinstance(operation, Apply | Call):
        trees = operation.args
    elif isinstance(operation, Loop):
        trees = [tree for source in operation.sources for tree in source.args]
        trees += [item.init for item in operation.carried]
    elif isinstance(operation, Branch):
        trees = [operation.condition]
    return [leaf for leaf in slots(trees) if isinstance(leaf, Literal)]


def _globals(source: str) -> Iterable[str]:
    return free_names(parsed(source))
