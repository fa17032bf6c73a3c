"""The values of a primal sweep that the reverse sweep of the same computation reads."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from fadc.analyses.rows import groups
from fadc.ir import Block, Tree, Value, all_leaves, results, used


def crossing(
    forward: Block, backward: Block, ends: Iterable[Tree], inputs: Iterable[Value]
) -> list[Value]:
    """The values of the primal sweep and the inputs that the reverse sweep or its results read."""
    made = {value for operation in forward for value in results(operation)}
    return read_of(made | set(inputs), backward, ends)


def read_of(available: AbstractSet[Value], block: Block, ends: Iterable[Tree]) -> list[Value]:
    """The available values that a block or its results read, in order."""
    found = dict.fromkeys(used(block))
    found.update(dict.fromkeys(all_leaves(ends)))
    return [value for value in found if value in available]


def together(values: list[Value], block: Block, trees: Iterable[Tree] = ()) -> list[Value]:
    """Values in order, with the columns of one list moved to the first of them."""
    known = groups(block, trees)
    found: dict[Value, None] = {}
    for value in values:
        group = known.get(value)
        columns = [v for v in group.columns if v in values] if group else [value]
        found.update(dict.fromkeys(columns))
    return list(found)
