"""The six operations, and the values that each reads and defines.

A block is a sequence of operations in SSA form. Every operation and every value carries the span of the
source text it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from fadc.ir.local_code import Function
from fadc.ir.values import Node, Placement, Tree, Value, all_leaves, leaves, rebuild
from fadc.span import Span


class Sweep(Enum):
    """Which part of a derivative an operation belongs to."""

    PRIMAL = "primal"
    REVERSE = "reverse"


@dataclass(frozen=True)
class Aggregator:
    """An upload mechanism. Plain ``sum`` and ``mean`` have the name None and are one mechanism.

    ``origin`` is the path of the module in which it has this name. ``label`` is the name in its
    declaration, which policies use even where it is imported under another name.
    """

    like: str
    name: str | None = None
    origin: str = field(default="", compare=False)
    label: str = field(default="", compare=False)

    @property
    def mechanism(self) -> str:
        return self.name or "sum"

    @property
    def declared(self) -> str:
        """The mechanism's name in a policy."""
        return self.label or self.mechanism


@dataclass(frozen=True, eq=False)
class Broadcast:
    """Server → Clients, any number of values in one message."""

    values: tuple[Value, ...]
    results: tuple[Value, ...]
    span: Span
    sweep: Sweep = Sweep.PRIMAL


@dataclass(frozen=True, eq=False)
class Aggregate:
    """Clients → Server, linear, any number of values in one message."""

    aggregator: Aggregator
    values: tuple[Tree, ...]
    results: tuple[Value, ...]
    span: Span
    sweep: Sweep = Sweep.PRIMAL


@dataclass(frozen=True, eq=False)
class Apply:
    """Local computation at one placement."""

    function: Function
    args: tuple[Tree, ...]
    result: Tree
    placement: Placement
    span: Span
    sweep: Sweep = Sweep.PRIMAL


@dataclass(frozen=True, eq=False)
class Call:
    """A call of another federated computation; one argument for each of its parameters."""

    computation: str
    args: tuple[Tree, ...]
    result: Tree
    span: Span
    sweep: Sweep = Sweep.PRIMAL


@dataclass(frozen=True, eq=False)
class Source:
    """What a loop iterates over: a ``range``, a ``count`` (index of `enumerate`) or a ``tape``."""

    kind: str
    args: tuple[Tree, ...]
    target: Tree
    reverse: bool = False


@dataclass(frozen=True, eq=False)
class Carried:
    """A carried value: before the loop, at an iteration's start, at its end, after the loop."""

    init: Tree
    param: Value
    result: Tree
    output: Value


@dataclass(frozen=True, eq=False)
class Stack:
    """A tape filled by a loop. Stacks of one ``group`` are columns of one list of tuples."""

    item: Tree
    tape: Value
    group: str = ""


@dataclass(frozen=True, eq=False)
class Loop:
    """A static loop. ``mark`` pairs it with the loops that run over its iterations again.

    ``layouts`` are ``rows`` nodes over tapes of one group, where rows are more than flat tuples.
    """

    sources: tuple[Source, ...]
    carried: tuple[Carried, ...]
    stacks: tuple[Stack, ...]
    body: Block
    span: Span
    sweep: Sweep = Sweep.PRIMAL
    mark: int = 0
    layouts: tuple[Node, ...] = ()


@dataclass(frozen=True, eq=False)
class Choice:
    """One result of a branch: the value of either arm, None where an arm does not bind it."""

    then: Tree | None
    orelse: Tree | None
    output: Value


@dataclass(frozen=True, eq=False)
class Branch:
    """A static choice."""

    condition: Tree
    then: Block
    orelse: Block
    choices: tuple[Choice, ...]
    span: Span
    sweep: Sweep = Sweep.PRIMAL
    mark: int = 0


Operation = Broadcast | Aggregate | Apply | Call | Loop | Branch

Block = tuple[Operation, ...]


def results(operation: Operation) -> Iterator[Value]:
    """The values that an operation defines in its block."""
    match operation:
        case Broadcast(results=found) | Aggregate(results=found):
            yield from found
        case Apply(result=tree) | Call(result=tree):
            yield from leaves(tree)
        case Loop(carried=carried, stacks=stacks):
            yield from (item.output for item in carried)
            yield from (stack.tape for stack in stacks)
        case Branch(choices=choices):
            yield from (choice.output for choice in choices)


def operands(operation: Operation) -> Iterator[Value]:
    """The values that an operation itself reads, without those that its inner blocks read."""
    match operation:
        case Broadcast(values=values) | Aggregate(values=values):
            yield from all_leaves(values)
        case Apply(args=args) | Call(args=args):
            yield from all_leaves(args)
        case Loop(sources=sources, carried=carried):
            for source in sources:
                yield from all_leaves(source.args)
            yield from all_leaves(item.init for item in carried)
        case Branch(condition=condition):
            yield from leaves(condition)


def bound_inside(operation: Operation) -> Iterator[Value]:
    """The values that a loop binds for its body at the start of an iteration."""
    if isinstance(operation, Loop):
        yield from all_leaves(source.target for source in operation.sources)
        yield from (item.param for item in operation.carried)


def blocks(operation: Operation) -> tuple[Block, ...]:
    """The blocks inside an operation."""
    match operation:
        case Loop(body=body):
            return (body,)
        case Branch(then=then, orelse=orelse):
            return (then, orelse)
    return ()


def yielded(operation: Operation) -> Iterator[Value]:
    """The values of its inner blocks that an operation returns or carries on."""
    match operation:
        case Loop(carried=carried, stacks=stacks):
            yield from all_leaves(item.result for item in carried)
            yield from all_leaves(stack.item for stack in stacks)
        case Branch(choices=choices):
            for choice in choices:
                yield from all_leaves(
                    arm for arm in (choice.then, choice.orelse) if arm is not None
                )


def walk(block: Block) -> Iterator[Operation]:
    """Every operation of a block and of its inner blocks, outer ones first."""
    for operation in block:
        yield operation
        for inner in blocks(operation):
            yield from walk(inner)


def defined(block: Block) -> set[Value]:
    """Every value that is defined in a block, at any depth."""
    found: set[Value] = set()
    for operation in walk(block):
        found.update(results(operation))
        found.update(bound_inside(operation))
    return found


def used(block: Block) -> dict[Value, None]:
    """Every value that is read in a block, at any depth, in order of first use."""
    found: dict[Value, None] = {}
    for operation in walk(block):
        found.update(dict.fromkeys(operands(operation)))
        found.update(dict.fromkeys(yielded(operation)))
    return found


def substitute(block: Block, change: Callable[[Value], Tree]) -> Block:
    """The same block reading other values; the values that it defines are unchanged."""
    return tuple(_substitute(operation, change) for operation in block)


def _value(value: Value, change: Callable[[Value], Tree]) -> Value:
    changed = change(value)
    assert isinstance(changed, Value)
    return changed


def _substitute(operation: Operation, change: Callable[[Value], Tree]) -> Operation:
    def trees(items: Iterable[Tree]) -> tuple[Tree, ...]:
        return tuple(rebuild(item, change) for item in items)

    match operation:
        case Broadcast(values=values):
            return replace(operation, values=tuple(_value(v, change) for v in values))
        case Aggregate(values=arguments):
            return replace(operation, values=trees(arguments))
        case Apply(args=args) | Call(args=args):
            return replace(operation, args=trees(args))
        case Loop():
            return replace(
                operation,
                sources=tuple(replace(s, args=trees(s.args)) for s in operation.sources),
                carried=tuple(
                    replace(c, init=rebuild(c.init, change), result=rebuild(c.result, change))
                    for c in operation.carried
                ),
                stacks=tuple(replace(s, item=rebuild(s.item, change)) for s in operation.stacks),
                body=substitute(operation.body, change),
            )
        case Branch():
            return replace(
                operation,
                condition=rebuild(operation.condition, change),
                then=substitute(operation.then, change),
                orelse=substitute(operation.orelse, change),
                choices=tuple(
                    replace(
                        c,
                        then=None if c.then is None else rebuild(c.then, change),
                        orelse=None if c.orelse is None else rebuild(c.orelse, change),
                    )
                    for c in operation.choices
                ),
            )
