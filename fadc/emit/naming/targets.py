"""Names for the targets of a statement: values, parts of composites, lists of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from fadc.analyses.rows import Groups
from fadc.emit.naming.holders import Holders
from fadc.emit.naming.names import Names
from fadc.emit.naming.uses import Uses
from fadc.ir import Aggregate, Block, Branch, Broadcast, Loop, Node, Operation, Tree, Value, leaves


@dataclass
class State:
    """The state of the pass: the holders of names, the names chosen so far, the rows of columns.

    ``wanted_lists`` are the names that branches prefer for lists.
    """

    holders: Holders
    names: Names
    known: Groups
    wanted_lists: dict[Value, str] = field(default_factory=dict)

    @property
    def uses(self) -> Uses:
        """Where values are read."""
        return self.holders.uses


NameBlock = Callable[[State, Block], None]
"""Names the values of a block inside a loop or a branch."""


def target_of(operation: Operation) -> Tree:
    """The tree of values that an operation's result is assigned to."""
    assert not isinstance(operation, Loop | Branch)
    if isinstance(operation, Broadcast | Aggregate):
        found = operation.results
        return found[0] if len(found) == 1 else Node("tuple", found)
    return operation.result


def name_targets(
    state: State, tree: Tree, position: int, others: list[str], top: bool = False
) -> None:
    """Choose names for the targets at a position; ``others`` are bound by the statement already."""
    if isinstance(tree, Value):
        if top or state.uses.counts[tree]:
            wanted = _wanted(state, tree, position, others)
            others.append(state.holders.assign(tree, position, others, wanted))
        return
    assert isinstance(tree, Node)
    if tree.kind not in ("rows", "dict"):
        for child in tree.children:
            name_targets(state, child, position, others)
    elif any(state.uses.counts[value] for value in leaves(tree)):
        stem = "tape" if tree.kind == "rows" else "result"
        others.append(state.holders.lists(stem, position, _whole(tree), others))
        if tree.kind == "rows":
            hold_rows(state, tree, others[-1])
        else:
            name_items(state, tree, others[-1], position, others)


def _wanted(state: State, value: Value, position: int, others: Sequence[str]) -> str | None:
    """The name that a loop or a branch prefers for a value."""
    for name, waiting in state.holders.wanted.items():
        if waiting is value and name not in others:
            if state.holders.is_free(name, position, value):
                return name
    return None


def name_items(state: State, tree: Node, name: str, position: int, others: list[str]) -> None:
    """A name for a dict, and one for each item that is read."""
    state.names.dicts[tree] = name
    for child in tree.children:
        name_targets(state, child, position, others)


def _whole(tree: Node) -> Value:
    """A value that represents a container of several values when its name is chosen."""
    return replace(next(leaves(tree)), derived=True)


def hold_rows(state: State, rows: Node, name: str) -> None:
    """Give a name to a list of tuples; it holds the name as long as any of its columns is read."""
    columns = list(leaves(rows))
    state.names.lists.update(dict.fromkeys(columns, (name, rows)))
    state.holders.hold_columns(columns, name)
