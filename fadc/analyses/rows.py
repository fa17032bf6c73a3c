"""Rows: tapes that one loop fills together are columns of one list of tuples, at any depth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fadc.ir import (
    NONE,
    Block,
    Branch,
    Call,
    Choice,
    Loop,
    Node,
    Stack,
    Tree,
    Value,
    leaves,
    rebuild,
)


@dataclass(frozen=True, eq=False)
class Group:
    """The columns of one list, and the nesting of its rows: a ``rows`` node over the columns."""

    columns: tuple[Value, ...]
    rows: Node
    label: str = "tape"


Groups = dict[Value, Group]


def groups(block: Block, trees: Iterable[Tree] = ()) -> Groups:
    """The group of every column in a block, inner loops included, and in some trees."""
    found: Groups = {}
    for tree in trees:
        _add_rows(tree, found)
    _add_block(block, found)
    return found


def _add_block(block: Block, found: Groups) -> None:
    for operation in block:
        match operation:
            case Call(result=tree):
                _add_rows(tree, found)
            case Loop(sources=sources, body=body, stacks=filled, layouts=layouts):
                for source in sources:
                    _add_rows(source.target, found)
                _add_block(body, found)
                for stacks in grouped(filled).values():
                    columns = [stack.tape for stack in stacks]
                    rows = _layout(columns, layouts) if stacks[0].group else None
                    if rows is None and len(stacks) > 1:
                        rows = stacked_rows(columns, [stack.item for stack in stacks], found)
                    if rows is not None:
                        _add(found, rows, stacks[0].group)
            case Branch(then=then, orelse=orelse):
                _add_block(then, found)
                _add_block(orelse, found)
                for entry in chosen(operation, found):
                    if len(entry) > 1 or _hands_on(entry[0], found):
                        arm = found[_arm(entry[0])]
                        outputs = {_arm(choice): choice.output for choice in entry}
                        mirrored = _mirror(arm.rows, outputs)
                        assert isinstance(mirrored, Node)
                        _add(found, mirrored, arm.label)


def _layout(columns: list[Value], layouts: tuple[Node, ...]) -> Node | None:
    """The nesting of these columns' rows in the source, if all of them still exist."""
    return next((node for node in layouts if set(leaves(node)) == set(columns)), None)


def _add(found: Groups, rows: Node, label: str) -> None:
    columns = tuple(leaves(rows))
    found.update(dict.fromkeys(columns, Group(columns, rows, label)))


def _add_rows(tree: Tree, found: Groups) -> None:
    """Add the groups of the lists in a tree."""
    if isinstance(tree, Node):
        if tree.kind == "rows":
            _add(found, tree, "tape")
        else:
            for child in tree.children:
                _add_rows(child, found)


def _hands_on(choice: Choice, known: Groups) -> bool:
    """Whether one arm gives a list of rows with one part, and the other one nothing."""
    if NONE not in (choice.then, choice.orelse):
        return False
    arms = [arm for arm in (choice.then, choice.orelse) if isinstance(arm, Value)]
    return any(arm in known and known[arm].columns == (arm,) for arm in arms)


def _arm(choice: Choice) -> Value:
    arm = choice.then if isinstance(choice.then, Value) else choice.orelse
    assert isinstance(arm, Value)
    return arm


def chosen(branch: Branch, known: Groups) -> list[list[Choice]]:
    """The choices of a branch, where those between columns of one list and nothing are grouped."""
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
    """Stacks by the list that they fill; a stack without a group fills its own list."""
    found: dict[object, list[Stack]] = {}
    for stack in stacks:
        found.setdefault(stack.group or stack.tape, []).append(stack)
    return found


def gathered(values: Sequence[Value], known: Groups) -> tuple[Tree, ...]:
    """Values in which the columns of a list, if complete and in order, are gathered as its rows."""
    trees: list[Tree] = []
    index = 0
    while index < len(values):
        group = known.get(values[index])
        count = len(group.columns) if group else 0
        if group is not None and tuple(values[index : index + count]) == group.columns:
            trees.append(group.rows)
            index += count
        else:
            trees.append(values[index])
            index += 1
    return tuple(trees)


def stacked_rows(columns: Sequence[Value], items: Sequence[Tree], known: Groups) -> Node:
    """The rows of a list to which items are appended; items that are lists become inner rows."""
    values = [item for item in items if isinstance(item, Value)]
    if len(set(values)) != len(columns):
        return Node("rows", (Node("tuple", tuple(columns)),))
    outer = dict(zip(values, columns, strict=True))
    shape = gathered(values, known)
    return Node("rows", (Node("tuple", tuple(_mirror(tree, outer) for tree in shape)),))


def _mirror(tree: Tree, outer: dict[Value, Value]) -> Tree:
    return rebuild(tree, lambda value: outer[value])
