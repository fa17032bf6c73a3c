"""Names in a loop: its variables, and the lists that it fills and iterates over."""

from __future__ import annotations

from collections.abc import Sequence

from fadc.analyses.rows import grouped
from fadc.emit.naming.sources import regrouped
from fadc.emit.naming.targets import NameBlock, State, hold_rows, name_targets
from fadc.ir import Carried, Literal, Loop, Source, Stack, Value


def name_loop(state: State, loop: Loop, position: int, name_block: NameBlock) -> None:
    """Names in a loop; its results keep the names of its variables."""
    holders, names = state.holders, state.names
    carried: list[str] = []
    for item in loop.carried:
        carried.append(_variable(state, item, position, carried))
    names.carried[loop] = tuple(carried)
    for stacks in grouped(loop.stacks).values():
        _name_list(state, stacks[0], position - 1)
    outer = dict(holders.wanted)
    for item, name in zip(loop.carried, carried, strict=True):
        holders.hold(item.param, name)
        holders.wanted[name] = item.result if isinstance(item.result, Value) else None
    _name_sources(state, loop, position)
    name_block(state, loop.body)
    holders.wanted = outer
    for item, name in zip(loop.carried, carried, strict=True):
        holders.hold(item.output, name)


def _variable(state: State, item: Carried, position: int, others: Sequence[str]) -> str:
    """The variable of a carried value: the name that it has before the loop, if possible."""
    init = item.init
    if isinstance(init, Value) and init not in state.uses.inlined and init not in state.names.lists:
        held = state.names.values[init]
        wanted = held == item.param.name or held.startswith(f"{item.param.name}_")
        free = held not in others and state.holders.is_free(held, position, item.param)
        if wanted and free:
            return held
    return state.holders.assign(item.param, position - 1, others)


def _name_list(state: State, stack: Stack, position: int) -> None:
    """A name for a list that a loop fills: the one that a branch prefers, if that is free."""
    tape, holders = stack.tape, state.holders
    if tape not in state.known:
        holders.assign(tape, position)
        return
    name = state.wanted_lists.get(tape)
    if name is None or not holders.is_free(name, position, tape):
        name = holders.lists(stack.group, position, tape)
    hold_rows(state, state.known[tape].rows, name)


def _name_sources(state: State, loop: Loop, position: int) -> None:
    """The variables of a ``for`` statement.

    They take no name of a carried value, since they must not be used after the loop.
    """
    sources = regrouped(loop.sources, state.names.lists)
    state.names.sources[loop] = sources
    over = (name for source in sources for name in _list_name(state, source))
    others = [*state.names.carried[loop], *over]
    for source in sources:
        name_targets(state, source.target, position, others)


def _list_name(state: State, source: Source) -> list[str]:
    """The name of the list that a source iterates over, which its targets must not take."""
    tree = source.args[0] if source.args else None
    if isinstance(tree, Literal):
        return [tree.source]
    found = state.names.values.get(tree) if isinstance(tree, Value) else None
    return [found] if found else []
