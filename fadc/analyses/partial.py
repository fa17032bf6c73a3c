"""Values that are unbound or None on some paths, and those of them that other paths read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from fadc.analyses.levels import reads
from fadc.analyses.once import once
from fadc.ir import (
    NONE,
    Apply,
    Block,
    Branch,
    Choice,
    Expression,
    Leaf,
    Literal,
    Loop,
    Operation,
    Placement,
    Program,
    Tree,
    Value,
    all_leaves,
    blocks,
    leaves,
    used,
    walk,
    yielded,
)
from fadc.ir.source_text import spelled

Fact = tuple[Tree, bool]
"""A static condition, and whether it holds."""


@dataclass(frozen=True)
class PartialValues:
    """The values that one arm of a branch binds, and those that may be None.

    ``scattered`` ones are read not only where the same condition holds, in the same block, but also
    in a loop or under another condition. On paths without such a read, their cotangents must still
    have a value: None, which is a zero.

        if a:                       if b:                                reverse sweep
            g = fed.mean(x)             if a:
        if b:                               g_bar = w_bar
            if a:                       else:
                w = g                       g_bar = None
                                    else:
                                        g_bar = None
                                    if a:
                                        x_bar = … fed.cast_like(g_bar, g) …
    """

    partial: frozenset[Value] = frozenset()
    optional: frozenset[Value] = frozenset()
    scattered: frozenset[Value] = frozenset()


@once
def find_partial(program: Program) -> PartialValues:
    """The partial values of all computations."""
    partial: set[Value] = set()
    optional: set[Value] = set()
    scattered: set[Value] = set()
    for computation in program.computations.values():
        for operation in walk(computation.block):
            if isinstance(operation, Branch):
                _sort(operation.choices, partial, optional)
        for operation in walk(computation.block):
            if isinstance(operation, Loop):
                optional.update(_of_tapes(operation, optional))
        facts = Conditions.of(computation.block)
        found = PartialValues(frozenset(partial), frozenset(optional))
        scattered.update(_scattered(computation.block, found, (), facts))
    return PartialValues(frozenset(partial), frozenset(optional), frozenset(scattered))


def _sort(choices: tuple[Choice, ...], partial: set[Value], optional: set[Value]) -> None:
    for choice in choices:
        arms = (choice.then, choice.orelse)
        if None in arms:
            partial.add(choice.output)
        elif any(arm == NONE or arm in optional for arm in arms):
            optional.add(choice.output)


def _of_tapes(loop: Loop, optional: set[Value]) -> Iterator[Value]:
    """The tapes that a loop fills with items that may be None, and such items that it reads."""
    yield from (stack.tape for stack in loop.stacks if stack.item in optional)
    for source in loop.sources:
        if source.kind == "tape":
            pairs = zip(leaves(source.args[0]), leaves(source.target), strict=True)
            yield from (target for tape, target in pairs if tape in optional)


@dataclass
class Conditions:
    """Static values by what they compute: two that compute the same are the same condition."""

    same: dict[Value, Fact] = field(default_factory=dict)
    known: dict[object, Value] = field(default_factory=dict)

    @staticmethod
    def of(block: Block) -> Conditions:
        found = Conditions()
        for operation in walk(block):
            match operation:
                case Apply(Expression() as function, args, Value() as result, Placement.STATIC):
                    found._add(function, args, result)
        return found

    def _add(self, function: Expression, args: tuple[Tree, ...], result: Value) -> None:
        source = spelled(function.source)
        if len(args) == 1 and source == f"not {function.parameters[0]}":
            condition, holds = self.fact(args[0], False)
            self.same[result] = condition, holds
            return
        made = tuple(self.fact(arg) for arg in args)
        self.same[result] = self.known.setdefault((source, function.parameters, made), result), True

    def fact(self, condition: Tree, holds: bool = True) -> Fact:
        """The fact that a condition holds, or that it does not."""
        if isinstance(condition, Literal) and condition.source.startswith("not "):
            return self.fact(Literal(condition.source.removeprefix("not ")), not holds)
        if not isinstance(condition, Value) or condition not in self.same:
            return condition, holds
        found, positive = self.same[condition]
        return found, positive is holds


def _scattered(
    block: Block, found: PartialValues, ends: Iterable[Value], conditions: Conditions
) -> Iterator[Value]:
    """The scattered values of a block and its inner blocks."""
    facts: dict[Value, Fact | None] = {}
    for operation in block:
        for value in reads(operation):
            if value in facts and not _just_there(operation, value, facts[value], conditions):
                yield value
        yield from _inside(operation, found, conditions)
        if isinstance(operation, Branch):
            for choice in operation.choices:
                if choice.output in found.partial or choice.output in found.optional:
                    facts[choice.output] = _fact(operation, choice, found, conditions)
    yield from (value for value in ends if value in facts)


def _inside(operation: Operation, found: PartialValues, conditions: Conditions) -> Iterator[Value]:
    if isinstance(operation, Loop):
        yield from _scattered(operation.body, found, yielded(operation), conditions)
    elif isinstance(operation, Branch):
        for block, ends in zip(blocks(operation), _arms(operation), strict=True):
            yield from _scattered(block, found, ends, conditions)


def _arms(branch: Branch) -> tuple[list[Value], list[Value]]:
    """The results of a branch from its two arms."""
    then = all_leaves(choice.then for choice in branch.choices if choice.then is not None)
    orelse = all_leaves(choice.orelse for choice in branch.choices if choice.orelse is not None)
    return list(then), list(orelse)


def _fact(
    branch: Branch, choice: Choice, found: PartialValues, conditions: Conditions
) -> Fact | None:
    """The fact under which a result is not None; None if the condition does not decide it.

    A list is not None, whatever its items are.
    """
    there = [arm for arm in (choice.then, choice.orelse) if arm not in (None, NONE)]
    if len(there) != 1:
        return None
    if there[0] in found.optional and isinstance(choice.output.type, Leaf):
        return None
    return conditions.fact(branch.condition, there[0] is choice.then)


def _just_there(
    operation: Operation, value: Value, fact: Fact | None, conditions: Conditions
) -> bool:
    """Whether an operation reads a value only in the arm of a branch in which the fact holds."""
    if fact is None or not isinstance(operation, Branch) or value is operation.condition:
        return False
    holds = conditions.fact(operation.condition) == fact
    if not holds and conditions.fact(operation.condition, False) != fact:
        return False
    other = 1 if holds else 0
    return value not in used(blocks(operation)[other]) and value not in _arms(operation)[other]
