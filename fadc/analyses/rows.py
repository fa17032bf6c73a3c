"""Rows: tapes that one loop fills together are columns of one list of tuples, at any nesting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fadc.ir import NONE, Block, Branch, Choice, Loop, Node, Stack, Tree, Value, walk


@dataclass(frozen=True, eq=False)
class Group:
    """The columns of one list, each with the value that is appended to it."""

    columns: tuple[Value, ...]
    items: tuple[Tree, ...]


def groups(block: Block) -> dict[Value, Group]:
    """The group of every column in a block, loops inside it included."""
    found: dict[Value, Group] = {}
    for operation in walk(block):
        if isinstance(operation, Loop):
            for stacks in grouped(operation.stacks).values():
                if len(stacks) > 1:
                    columns = tuple(stack.tape for stack in stacks)
                    group = Group(columns, tuple(stack.item for stack in stacks))
                    found.update(dict.fromkeys(columns, group))
        elif isinstance(operation, Branch):
            inner = groups((*operation.then, *operation.orelse))
            for entry in chosen(operation, inner):
                if len(entry) > 1:
                    columns = tuple(choice.output for choice in entry)
                    group = Group(columns, inner[_arm(entry[0])].items)
                    found.update(dict.fromkeys(columns, group))
    return found


def _arm(choice: Choice) -> Value:
    arm = choice.then if isinstance(choice.then, Value) else choice.orelse
    assert isinstance(arm, Value)
    return arm


def chosen(branch: Branch, known: dict[Value, Group]) -> list[list[Choice]]:
    """The choices of a branch, those between the columns of one list and nothing together."""
    entries: list[list[Choice]] = []
    index = 0
    while index < len(branch.choices):
        choice = branch.choices[index]
        group = None
        if NONE in (choice.then, choice.orelse):
            arms = [arm for arm in (choice.then, choice.orelse) if isinstance(arm, Value)]
            group = known.get(arms[0]) if arms else None
        count = len(group.columns) if group else 1
        entry = list(branch.choices[index : index + count])
        whole = (
            group is not None
            and tuple(c.then if isinstance(c.then, Value) else c.orelse for c in entry)
            == group.columns
        )
        entries.append(entry if whole else entry[:1])
        index += len(entries[-1])
    return entries


def grouped(stacks: Iterable[Stack]) -> dict[object, list[Stack]]:
    """Stacks by the list they fill; one without a group fills a list of its own."""
    found: dict[object, list[Stack]] = {}
    for stack in stacks:
        found.setdefault(stack.group or stack.tape, []).append(stack)
    return found


def gathered(values: Sequence[Value], known: dict[Value, Group]) -> tuple[Tree, ...]:
    """Values with the columns of each list, where all are there and in order, gathered as its rows."""
    trees: list[Tree] = []
    index = 0
    while index < len(values):
        group = known.get(values[index])
        count = len(group.columns) if group else 0
        if group is not None and tuple(values[index : index + count]) == group.columns:
            trees.append(rows_of(group, known))
            index += count
        else:
            trees.append(values[index])
            index += 1
    return tuple(trees)


def rows_of(group: Group, known: dict[Value, Group]) -> Node:
    """The rows of a list, with the lists that its rows hold as rows inside."""
    items = [item for item in group.items if isinstance(item, Value)]
    if len(items) != len(group.items):
        return Node("rows", (Node("tuple", group.columns),))
    shape = gathered(items, known)
    outer = dict(zip(items, group.columns, strict=True))
    return Node("rows", (Node("tuple", tuple(_mirror(tree, outer) for tree in shape)),))


def _mirror(tree: Tree, outer: dict[Value, Value]) -> Tree:
    if isinstance(tree, Value):
        return outer[tree]
    assert isinstance(tree, Node)
    return Node(tree.kind, tuple(_mirror(child, outer) for child in tree.children), tree.keys)
