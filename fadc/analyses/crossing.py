"""What a reverse sweep reads of the primal sweep of the same computation."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from fadc.analyses.rows import groups
from fadc.ir import Block, Tree, Value, all_leaves, results, used


def crossing(
    forward: Block, backward: Block, ends: Iterable[Tree], inputs: Iterable[Value]
) -> list[Value]:
    """What the reverse sweep and its ends read of the primal sweep and the inputs, in order."""
    made = {value for operation in forward for value in results(operation)}
    return read_of(made | set(inputs), backward, ends)


def read_of(available: AbstractSet[Value], block: Block, ends: Iterable[Tree]) -> list[Value]:
    """What a block and its ends read of the available values, in order."""
    found = dict.fromkeys(used(block))
    found.update(dict.fromkeys(all_leaves(ends)))
    return [value for value in found if value in available]


def together(values: list[Value], block: Block, trees: Iterable[Tree] = ()) -> list[Value]:
    """Values in order, the columns of one list moved to its first."""
    known = groups(block, trees)
    found: dict[Value, None] = {}
    for value in values:
        group = known.get(value)
        columns = [v for v in group.columns if v in values] if group else [value]
        found.update(dict.fromkeys(columns))
    return list(found)
