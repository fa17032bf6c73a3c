"""The intermediate representation: six kinds of operation over placed values, in SSA form.

A computation is a block of operations. Every operation and every value carries the span of the
source text it comes from. Local code lives in one place only, the function of an ``Apply``, and is
source text with the names that are free in it; the IR holds no syntax tree.

Composite values (tuples, dicts and lists whose parts have placements of their own) do not exist as
values: they are trees of values, and a tape of tuples is a tree of tapes (a ``rows`` node).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from fadc.span import Span


class Placement(Enum):
    """Where a value lives: known to everyone before the program runs, at the server, or one a client."""

    STATIC = "static"
    SERVER = "server"
    CLIENTS = "clients"


@dataclass(frozen=True)
class Array:
    """What an annotation says of one array: whether it has tangents, and its dimensions.

    Each dimension is an expression, ``n+1``, or all axes of a name, ``*batch``; None where one is open.
    ``most`` are then the dimensions that it has at most: ``n`` where the annotation says ``#n``.
    """

    differentiable: bool
    dims: tuple[str, ...] | None = None
    dtype: str = "Float"
    most: tuple[str, ...] | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Leaf:
    """A value of one placement. ``array`` is None where it may be any pytree.

    ``symbols`` are then the factors of its size, where more is known of that than its name.
    """

    placement: Placement
    array: Array | None = None
    symbols: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Tape:
    """A list that a loop fills, once per iteration."""

    item: Type


@dataclass(frozen=True)
class Bundle:
    """What a called forward sweep hands to its reverse sweep; nobody looks inside."""

    tree: Node


Type = Leaf | Tape | Bundle


@dataclass(frozen=True, eq=False)
class Value:
    """One SSA value. ``name`` is what emitted code would like to call it.

    ``anonymous`` values had no name in the source: where they are used once, they are written in place.
    ``derived`` ones are none of the source's, and take none of its names.
    """

    name: str
    type: Type
    span: Span
    anonymous: bool = False
    derived: bool = False

    def __repr__(self) -> str:
        return f"%{self.name}"


@dataclass(frozen=True)
class Literal:
    """A constant known to everyone, as source text: ``1.0``, ``None``."""

    source: str


@dataclass(frozen=True)
class Node:
    """A container of values: ``tuple``, ``list``, ``dict`` (with keys), or ``rows``: a tape of its one child."""

    kind: str
    children: tuple[Tree, ...]
    keys: tuple[str, ...] = ()


Tree = Value | Literal | Node

NONE = Literal("None")


def pack(*children: Tree) -> Node:
    """A tuple of trees."""
    return Node("tuple", children)


# Local functions -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expression:
    """A server or static expression: source text over the parameters that are free in it.

    A ``flat`` one has no derivative whatever its arguments, such as ``jnp.zeros_like(w)``.
    """

    source: str
    parameters: tuple[str, ...] = ()
    flat: bool = False


@dataclass(frozen=True)
class Mapped:
    """A function given to ``fed.map``: source text of a name, a dotted name, a partial or a lambda.

    The arguments of its ``Apply`` are the positional ones, then the static values captured by the
    text, then the static keyword arguments.
    """

    source: str
    parameters: tuple[str, ...]
    captures: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class Builtin:
    """A local function that the compiler knows: ``pack``, ``unpack``, ``item``, ``add``, ``scale`` …"""

    name: str
    detail: str = ""


@dataclass(frozen=True)
class Pushforward:
    """``jax.jvp`` of a local function: its output beside its tangent along each direction.

    ``directions`` are the arguments that have a tangent along each; the tangents stand behind the
    arguments. In place of one direction it may be a ``stack`` of as many, by its symbols.
    """

    function: Local
    directions: tuple[tuple[int, ...], ...]
    stack: tuple[str, ...] | None = None

    @property
    def active(self) -> tuple[int, ...]:
        """The arguments that have a tangent along any."""
        return tuple(sorted({i for direction in self.directions for i in direction}))


@dataclass(frozen=True)
class Linearized:
    """``jax.vjp`` of a local function: its output beside its pullback.

    One with a rule of its own stays ``ruled`` where nobody needs the pullback: its output is what the
    rule computes, whose derivative need not be that of the function.
    """

    function: Local
    active: tuple[int, ...]
    ruled: bool = False


@dataclass(frozen=True)
class Recomputed:
    """The pullback of a local function run again from its inputs; the last argument is the cotangent."""

    function: Local
    active: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Chain:
    """Mapped functions behind each other as one local function of ``parameters``.

    The arguments of its ``Apply`` stand for the parameters, then for the static ``keywords`` that
    the texts of the functions name.
    """

    steps: tuple[Apply, ...]
    parameters: tuple[Value, ...]
    keywords: tuple[str, ...]
    result: Value


@dataclass(frozen=True)
class Accumulated:
    """A local function's output beside its Jacobian by each of its active arguments.

    The Jacobian of a ``scalar`` output, one real number, is its gradient.
    """

    function: Local | Chain
    active: tuple[int, ...]
    scalar: bool


Local = Expression | Mapped | Builtin
Function = Local | Pushforward | Linearized | Recomputed | Accumulated

# Operations ------------------------------------------------------------------------------------


class Sweep(Enum):
    """Which part of a derivative an operation belongs to."""

    PRIMAL = "primal"
    REVERSE = "reverse"


@dataclass(frozen=True)
class Aggregator:
    """An upload mechanism. Plain ``sum`` and ``mean`` have the name None and are one mechanism.

    ``origin`` is the path of the module in which the name stands for it, ``label`` the name that it
    was declared with, which a policy speaks of wherever it is imported as something else.
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
    """Another federated computation; one argument for each of its parameters."""

    computation: str
    args: tuple[Tree, ...]
    result: Tree
    span: Span
    sweep: Sweep = Sweep.PRIMAL


@dataclass(frozen=True, eq=False)
class Source:
    """What a loop runs over: ``range`` (args), ``count`` (the index of an enumerate) or a ``tape``."""

    kind: str
    args: tuple[Tree, ...]
    target: Tree
    reverse: bool = False


@dataclass(frozen=True, eq=False)
class Carried:
    """A value carried round a loop: before it, at an iteration's start, at its end, after the loop."""

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
    """A static loop. ``mark`` pairs a forward loop with the loops that run over its iterations again.

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
    """One value out of a branch; None where an arm does not bind it."""

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

# Computations ----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Parameter:
    """One parameter: its name, annotation and default as source text, and the values it brings."""

    name: str
    annotation: str
    tree: Tree
    keyword_only: bool = False
    default: str | None = None


@dataclass(frozen=True, eq=False)
class Computation:
    """A federated computation. ``transpose`` is the mechanism declared for transposed broadcasts.

    ``transpose_span`` is where that is written.
    ``labels`` are the names that the source returns, one for each part of a result that is taken apart
    there; "" stands for any other expression.
    ``declared`` holds, for each leaf of the result, the array that the annotation speaks of. An
    empty annotation means that the placements of the tree are written out.
    """

    name: str
    parameters: tuple[Parameter, ...]
    block: Block
    result: Tree
    annotation: str
    span: Span
    docstring: str | None = None
    transpose: Aggregator | None = None
    module: str = ""
    declared: tuple[Array | None, ...] = ()
    late: tuple[Value, ...] = ()
    transpose_span: Span | None = None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Program:
    """All computations of a module, callees before their callers."""

    computations: dict[str, Computation] = field(default_factory=dict)


@dataclass(frozen=True)
class Derivatives:
    """What a transform derived of a program: helpers in their order, and the public computations."""

    program: Program
    computations: dict[str, Computation]


def part_label(keys: tuple[str, ...], index: int) -> str:
    """The end of the name of a part: its key, as far as that fits into a name, or else its number."""
    if not keys:
        return str(index)
    return "".join(char if f"_{char}".isidentifier() else "_" for char in keys[index])


def quoted(key: str) -> str:
    """A key as a string literal in double quotes."""
    import json  # Imported here, since most programs have no keys and every check would pay for it.

    return json.dumps(key, ensure_ascii=False)


# Trees -----------------------------------------------------------------------------------------


def leaves(tree: Tree) -> Iterator[Value]:
    """The values of a tree, from left to right."""
    if isinstance(tree, Value):
        yield tree
    elif isinstance(tree, Node):
        for child in tree.children:
            yield from leaves(child)


def all_leaves(trees: Iterable[Tree]) -> Iterator[Value]:
    for tree in trees:
        yield from leaves(tree)


def slots(trees: Iterable[Tree]) -> Iterator[Value | Literal]:
    """The leaves of trees, literals among them, so that positions agree with parameters."""
    for tree in trees:
        if isinstance(tree, Node):
            yield from slots(tree.children)
        else:
            yield tree


def rebuild(tree: Tree, change: Callable[[Value], Tree]) -> Tree:
    """The same tree over other leaves."""
    if isinstance(tree, Value):
        return change(tree)
    if isinstance(tree, Node):
        return replace(tree, children=tuple(rebuild(child, change) for child in tree.children))
    return tree


def placement(type_: Type) -> Placement:
    """The placement of a value of this type; a bundle lives where its maker left it."""
    while isinstance(type_, Tape):
        type_ = type_.item
    return type_.placement if isinstance(type_, Leaf) else Placement.SERVER


def differentiable(type_: Type) -> bool:
    """Whether a value of this type may have a tangent."""
    while isinstance(type_, Tape):
        type_ = type_.item
    if not isinstance(type_, Leaf) or type_.placement is Placement.STATIC:
        return False
    return type_.array is None or type_.array.differentiable


def is_array(type_: Type) -> bool:
    """Whether plain operators work on values of this type: it is proven to be one array."""
    return isinstance(type_, Leaf) and type_.array is not None and type_.array.differentiable


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
    """The values that an operation itself reads, those of the blocks inside it left out."""
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
    """The values that a loop gives to its body at the start of an iteration."""
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
    """The values that the blocks inside an operation hand to it."""
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
    """Every operation of a block and of the blocks inside it, outer ones first."""
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
    """The same block reading other values; what it defines stays."""
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
