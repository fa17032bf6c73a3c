"""Residuals: what the reverse sweep reads inside the primal sweep's loops and branches goes on tapes.

A forward and a reverse loop with the same mark run over the same iterations. What the reverse body
reads of the forward body becomes a row of a tape; loop indices and consumed tapes are run over
again instead, and static expressions are evaluated again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fadc.analyses.levels import reads
from fadc.analyses.rows import groups, stacked_rows
from fadc.ir import (
    NONE,
    Apply,
    Block,
    Branch,
    Choice,
    Loop,
    Operation,
    Placement,
    Source,
    Stack,
    Tape,
    Tree,
    Value,
    all_leaves,
    blocks,
    bound_inside,
    defined,
    leaves,
    rebuild,
    results,
    substitute,
    used,
    yielded,
)


def keep_residuals(block: Block) -> Block:
    """A block in which no operation reads inside another one any more.

    What is inside a pair is gone through once, for both together.
    """
    kept = list(block)
    partners = _partners(block)
    paired = {*partners, *partners.values()}
    for index, operation in enumerate(kept):
        if index in partners:
            first = partners[index]
            kept[first], kept[index] = _pair(kept[first], operation)
        elif isinstance(operation, Loop | Branch) and index not in paired:
            kept[index] = _inside(operation)
    return _handed_on(kept)


def _partners(block: Block) -> dict[int, int]:
    """For each operation that an earlier one has the mark of, by position, the first such one."""
    first: dict[int, int] = {}
    found: dict[int, int] = {}
    for index, operation in enumerate(block):
        if isinstance(operation, Loop | Branch) and operation.mark > 0:
            if first.setdefault(operation.mark, index) < index:
                found[index] = first[operation.mark]
    return found


def _handed_on(block: list[Operation]) -> Block:
    """The block with what later operations read inside a branch handed out of it.

    They stand under the same condition, as all that is read inside a branch does.
    """
    homes = {
        value: operation
        for operation in block
        if isinstance(operation, Branch)
        for arm in blocks(operation)
        for value in defined(arm)
    }
    wanted: dict[Operation, dict[Value, None]] = {}
    for operation in block if homes else ():
        for value in reads(operation):
            if value in homes and homes[value] is not operation:
                wanted.setdefault(homes[value], {})[value] = None
    renamed: dict[Value, Tree] = {}
    kept: list[Operation] = []
    for operation in block:
        (changed,) = substitute((operation,), lambda v: renamed.get(v, v))
        if isinstance(changed, Branch) and operation in wanted:
            changed = _handing_out(changed, wanted[operation], renamed)
        kept.append(changed)
    return tuple(kept)


def _handing_out(branch: Branch, values: Iterable[Value], renamed: dict[Value, Tree]) -> Branch:
    """A branch that hands out values of its arms, and what they are called behind it."""
    arms: list[Block] = []
    choices = list(branch.choices)
    for arm, first in ((branch.then, True), (branch.orelse, False)):
        found = [value for value in values if value in defined(arm)]
        top = {value for operation in arm for value in results(operation)}
        outside: dict[Value, Tree] = {}
        changed = []
        for operation in arm:
            deeper = [v for v in found if v not in top and v in defined((operation,))]
            if deeper and isinstance(operation, Branch):
                operation = _handing_out(operation, deeper, outside)
            changed.append(operation)
        arms.append(tuple(changed))
        for value in found:
            inner, output = outside.get(value, value), replace(value)
            renamed[value] = output
            choices.append(Choice(inner, NONE, output) if first else Choice(NONE, inner, output))
    return replace(branch, then=arms[0], orelse=arms[1], choices=tuple(choices))


def _inside(operation: Loop | Branch) -> Loop | Branch:
    if isinstance(operation, Loop):
        return replace(operation, body=keep_residuals(operation.body))
    return replace(
        operation, then=keep_residuals(operation.then), orelse=keep_residuals(operation.orelse)
    )


def _pair(first: Operation, second: Operation) -> tuple[Operation, Operation]:
    if isinstance(first, Loop) and isinstance(second, Loop):
        return _pair_loops(first, second)
    assert isinstance(first, Branch) and isinstance(second, Branch)
    return _pair_branches(first, second)


def split_pairs(forward: Block, backward: Block) -> tuple[Block, Block]:
    """The two blocks with what the second reads inside the first's operations handed over.

    Both are blocks of one level: the forward body and the reverse body of a pair of operations.
    """
    joined = keep_residuals((*forward, *backward))
    return joined[: len(forward)], joined[len(forward) :]


def _free(block: Block, ends: tuple[Tree, ...], available: set[Value]) -> list[Value]:
    """What a block and its ends read of the available values, in order."""
    found = dict.fromkeys(used(block))
    found.update(dict.fromkeys(all_leaves(ends)))
    return [value for value in found if value in available]


@dataclass
class _Handover:
    """What a reverse loop needs of its forward loop."""

    loop: Loop
    makers: dict[Value, Operation]
    targets: dict[Value, Source]
    prefix: list[Operation] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    rows: list[Value] = field(default_factory=list)
    renamed: dict[Value, Tree] = field(default_factory=dict)

    def need(self, value: Value) -> Tree:
        """Make a value of the forward body available in the reverse body."""
        if value in self.renamed:
            return self.renamed[value]
        source = self.targets.get(value)
        maker = self.makers.get(value)
        fresh = replace(value)
        self.renamed[value] = fresh
        if source is not None and source.kind in ("range", "tape"):
            self._run_again(value, source, fresh)
        elif isinstance(maker, Apply) and maker.placement is Placement.STATIC:
            args = {v: self.need(v) if self._is_inside(v) else v for v in all_leaves(maker.args)}
            (again,) = substitute((maker,), lambda v: args.get(v, v))
            assert isinstance(again, Apply)
            self.prefix.append(_renaming_result(again, value, fresh))
        else:
            self.rows.append(value)
        return fresh

    def _is_inside(self, value: Value) -> bool:
        return value in self.makers or value in self.targets or value in self._params()

    def _params(self) -> set[Value]:
        return {item.param for item in self.loop.carried}

    def _run_again(self, value: Value, source: Source, fresh: Value) -> None:
        columns = list(leaves(source.args[0])) if source.kind == "tape" else []
        args: tuple[Tree, ...] = source.args
        if columns:
            args = (columns[list(leaves(source.target)).index(value)],)
        self.sources.append(Source(source.kind, args, fresh, reverse=not source.reverse))


def _renaming_result(operation: Apply, value: Value, fresh: Value) -> Apply:
    return replace(
        operation, result=rebuild(operation.result, lambda v: fresh if v is value else v)
    )


def _pair_loops(first: Loop, second: Loop) -> tuple[Loop, Loop]:
    forward, backward = split_pairs(first.body, second.body)
    first = replace(first, body=forward)
    makers = {value: operation for operation in forward for value in results(operation)}
    targets = {value: source for source in first.sources for value in leaves(source.target)}
    available = {*makers, *bound_inside(first)}
    handover = _Handover(first, makers, targets)
    ends = tuple(yielded(second))
    for value in _free(backward, ends, available):
        handover.need(value)
    renamed = handover.renamed
    if not renamed:
        return first, replace(second, body=backward)

    def change(value: Value) -> Tree:
        return renamed.get(value, value)

    second = replace(second, body=(*handover.prefix, *backward))
    (changed,) = substitute((second,), change)
    assert isinstance(changed, Loop)
    stacks, tape_sources = _rows(first, forward, handover.rows, renamed)
    changed = replace(changed, sources=(*handover.sources, *tape_sources, *changed.sources))
    first = replace(first, stacks=(*first.stacks, *stacks))
    return first, replace(changed, sources=_read_sources(changed))


def _read_sources(loop: Loop) -> tuple[Source, ...]:
    """The sources that a loop's body reads something of; one that counts its iterations at least."""
    read = {*used(loop.body), *yielded(loop)}
    found = tuple(s for s in loop.sources if any(value in read for value in leaves(s.target)))
    return found or loop.sources[:1]


def _rows(
    first: Loop, body: Block, rows: list[Value], renamed: dict[Value, Tree]
) -> tuple[list[Stack], list[Source]]:
    """One tape for all that is kept of an iteration."""
    if not rows:
        return [], []
    targets = [source.target for source in first.sources]
    rows = together(rows, body, targets)
    group = _fresh_group(first) if len(rows) > 1 else ""
    names = [value.name if group else f"{value.name}_tape" for value in rows]
    tapes = [
        Value(name, Tape(value.type), first.span, derived=True)
        for name, value in zip(names, rows, strict=True)
    ]
    stacks = [Stack(value, tape, group) for value, tape in zip(rows, tapes, strict=True)]
    if not group:
        return stacks, [Source("tape", (tapes[0],), renamed[rows[0]], reverse=True)]
    columns = stacked_rows(tapes, rows, groups(body, targets))
    kept = dict(zip(tapes, rows, strict=True))
    target = rebuild(columns.children[0], lambda tape: renamed[kept[tape]])
    return stacks, [Source("tape", (columns,), target, reverse=True)]


def _fresh_group(loop: Loop) -> str:
    """A label for a list that the loop does not fill yet."""
    taken = {stack.group for stack in loop.stacks}
    label, number = "tape", 2
    while label in taken:
        label, number = f"tape_{number}", number + 1
    return label


def together(values: list[Value], block: Block, trees: Iterable[Tree] = ()) -> list[Value]:
    """Values in order, the columns of one list moved to its first."""
    known = groups(block, trees)
    found: dict[Value, None] = {}
    for value in values:
        group = known.get(value)
        columns = [v for v in group.columns if v in values] if group else [value]
        found.update(dict.fromkeys(columns))
    return list(found)


def _pair_branches(first: Branch, second: Branch) -> tuple[Branch, Branch]:
    choices = list(first.choices)
    pairs = []
    for side in ("then", "orelse"):
        forward, backward = split_pairs(getattr(first, side), getattr(second, side))
        ends = tuple(arm for choice in second.choices if (arm := getattr(choice, side)) is not None)
        available = {value for operation in forward for value in results(operation)}
        renamed: dict[Value, Tree] = {}
        for value in together(_free(backward, ends, available), forward):
            output = replace(value)
            renamed[value] = output
            then_side = side == "then"
            choices.append(
                Choice(value if then_side else NONE, NONE if then_side else value, output)
            )
        change = renamed.get
        backward = substitute(backward, lambda v, change=change: change(v, v))  # type: ignore[misc]
        pairs.append((forward, backward, renamed))
    (then, then_back, then_names), (orelse, orelse_back, orelse_names) = pairs
    first = replace(first, then=then, orelse=orelse, choices=tuple(choices))
    ends_changed = tuple(
        replace(
            choice,
            then=None if choice.then is None else _rename(choice.then, then_names),
            orelse=None if choice.orelse is None else _rename(choice.orelse, orelse_names),
        )
        for choice in second.choices
    )
    return first, replace(second, then=then_back, orelse=orelse_back, choices=ends_changed)


def _rename(tree: Tree, renamed: dict[Value, Tree]) -> Tree:
    return rebuild(tree, lambda value: renamed.get(value, value))


def crossing(
    forward: Block, backward: Block, ends: tuple[Tree, ...], inputs: list[Value]
) -> list[Value]:
    """What a reverse sweep reads of the primal sweep of the same computation."""
    made = {value for operation in forward for value in results(operation)}
    return _free(backward, ends, made | set(inputs))
