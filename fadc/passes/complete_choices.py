"""Values of one arm that are passed on where it is not known whether that arm was taken.

for i in range(n):                      for i in range(n):
    if i > 0:                               if i > 0:
        v = fed.map(f, w_at_clients)            v = fed.map(f, w_at_clients)
    …                                       else:
    tape.append(v)                              v = None
                                            …
                                            tape.append(v)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from fadc.analyses.partial import Conditions, Fact
from fadc.ir import (
    NONE,
    Block,
    Branch,
    Choice,
    Computation,
    Loop,
    Operation,
    Value,
    all_leaves,
    leaves,
    walk,
    yielded,
)


def complete_choices(computation: Computation) -> Computation:
    """The computation in which the other arm gives None for such values."""
    branches = [each for each in walk(computation.block) if isinstance(each, Branch)]
    conditions = Conditions.of(computation.block)
    facts = {
        choice.output: conditions.fact(branch.condition, choice.orelse is None)
        for branch in branches
        for choice in branch.choices
        if None in (choice.then, choice.orelse)
    }
    if not facts:
        return computation
    handed = set(_handed(computation.block, facts, conditions, ()))
    handed.update(value for value in leaves(computation.result) if value in facts)
    return (
        replace(computation, block=_completed(computation.block, handed)) if handed else computation
    )


def _handed(
    block: Block, facts: Mapping[Value, Fact], conditions: Conditions, holding: tuple[Fact, ...]
) -> Iterator[Value]:
    """The values that a block passes on although the conditions of their binding need not hold."""

    def loose(values: Iterable[Value], known: tuple[Fact, ...]) -> Iterator[Value]:
        yield from (value for value in values if value in facts and facts[value] not in known)

    for operation in block:
        if isinstance(operation, Loop):
            yield from _handed(operation.body, facts, conditions, holding)
            yield from loose(yielded(operation), holding)
            yield from loose(all_leaves(each.init for each in operation.carried), holding)
        elif isinstance(operation, Branch):
            for first, inner in ((True, operation.then), (False, operation.orelse)):
                known = (*holding, conditions.fact(operation.condition, first))
                yield from _handed(inner, facts, conditions, known)
                arms = (each.then if first else each.orelse for each in operation.choices)
                yield from loose(all_leaves(arm for arm in arms if arm is not None), known)


def _completed(block: Block, handed: set[Value]) -> Block:
    return tuple(_complete(operation, handed) for operation in block)


def _complete(operation: Operation, handed: set[Value]) -> Operation:
    if isinstance(operation, Loop):
        return replace(operation, body=_completed(operation.body, handed))
    if not isinstance(operation, Branch):
        return operation
    choices = tuple(
        Choice(each.then or NONE, each.orelse or NONE, each.output)
        if each.output in handed
        else each
        for each in operation.choices
    )
    then, orelse = _completed(operation.then, handed), _completed(operation.orelse, handed)
    return replace(operation, then=then, orelse=orelse, choices=choices)
