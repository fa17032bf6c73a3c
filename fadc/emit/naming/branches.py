"""Names in a branch: one variable for each result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fadc.analyses.rows import chosen
from fadc.emit.naming.names import Arms
from fadc.emit.naming.targets import NameBlock, State, hold_rows
from fadc.ir import Branch, Node, Tree, Value, leaves


def name_branch(state: State, branch: Branch, name_block: NameBlock) -> None:
    """Names in both arms, of which only one runs, and of the results."""
    holders = state.holders
    spans = state.uses.arms[branch]
    entries = _entries(state, branch)
    names = _choice_names(state, entries, spans[1][1])
    arms = [Arms(name, *entry[1:]) for name, entry in zip(names, entries, strict=True)]
    state.names.arms[branch] = tuple(arms)
    wanted, excluded, before = dict(holders.wanted), holders.excluded, dict(holders.holders)
    holders.excluded = (*excluded, spans[1])
    _expect(state, {arm.name: arm.then for arm in arms})
    name_block(state, branch.then)
    holders.holders, holders.excluded = dict(before), excluded
    _expect(state, {arm.name: arm.orelse for arm in arms})
    name_block(state, branch.orelse)
    holders.holders, holders.wanted = before, wanted
    for name, (output, *_) in zip(names, entries, strict=True):
        if isinstance(output, Value):
            holders.hold(output, name)
        else:
            hold_rows(state, output, name)


def _expect(state: State, waiting: Mapping[str, Tree | None]) -> None:
    """Let the variables of the results be the preferred names of the arm's values."""
    for name, tree in waiting.items():
        if tree is None:
            continue
        state.holders.wanted[name] = tree if isinstance(tree, Value) else None
        if isinstance(tree, Node):
            state.wanted_lists[next(leaves(tree))] = name


Entry = tuple[Value | Node, Tree | None, Tree | None]
"""A result of a branch, and what each arm gives for it."""


def _entries(state: State, branch: Branch) -> list[Entry]:
    """The results of a branch; columns of one list are taken together as its rows."""
    entries: list[Entry] = []
    for first, *_ in chosen(branch, state.known):
        if first.output not in state.known:
            entries.append((first.output, first.then, first.orelse))
            continue
        then, orelse = (
            state.known[arm].rows if isinstance(arm, Value) else arm
            for arm in (first.then, first.orelse)
        )
        entries.append((state.known[first.output].rows, then, orelse))
    return entries


def _choice_names(state: State, entries: Sequence[Entry], end: int) -> list[str]:
    """A variable for each result whose name no value that is needed after the branch holds."""
    names: list[str] = []
    for output, *arms in entries:
        value = next(leaves(output))
        stem = output.name if isinstance(output, Value) else state.known[value].label
        candidate, number = stem, 2
        while (
            candidate in names
            or not state.holders.is_free(candidate, end, value)
            or _is_handed_on(state, candidate, entries, output)
            or None in arms
            and _is_bound_outside(state, candidate, value)
        ):
            candidate, number = f"{stem}_{number}", number + 1
        names.append(candidate)
    return names


def _is_bound_outside(state: State, name: str, value: Value) -> bool:
    """Whether a name is bound before the loop, so that the arm not taken would carry it on."""
    holder = state.holders.holders.get(name)
    return holder is not None and state.uses.is_from_outside(holder, value)


def _is_handed_on(state: State, name: str, entries: Sequence[Entry], output: Value | Node) -> bool:
    """Whether the value that holds a name leaves the branch under another name."""
    holder = state.holders.holders.get(name)
    return holder is not None and any(
        entry[0] is not output and holder in entry[1:] for entry in entries
    )
