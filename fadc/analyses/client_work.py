"""Client work: what the clients compute between a downlink and an upload, as one local function.

The Jacobian of an upload by the broadcast values, aggregated like the upload itself, is the Jacobian
of the aggregate: aggregation is linear and acts on every entry alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fadc.ir import (
    Apply,
    Block,
    Broadcast,
    Builtin,
    Chain,
    Local,
    Mapped,
    Operation,
    Placement,
    Tree,
    Value,
    all_leaves,
    leaves,
    placement,
    results,
    slots,
)

Active = Callable[[Value], bool]


@dataclass(frozen=True)
class UploadWork:
    """The active client work behind one upload.

    ``steps`` are local functions in their order; ``inputs`` are the clients' copies of broadcast
    values that they read, each with the server's value.
    """

    upload: Value
    steps: tuple[Apply, ...]
    inputs: tuple[tuple[Value, Value], ...]


def makers_of(block: Block) -> dict[Value, Operation]:
    """The operation of a block that defines each value."""
    return {value: operation for operation in block for value in results(operation)}


def work_behind(
    upload: Tree, makers: Mapping[Value, Operation], active: Active
) -> UploadWork | str:
    """The client work before an upload, or the reason why its Jacobian cannot be accumulated.

    ``makers`` are the operations of the upload's own block.
    """
    if not isinstance(upload, Value):
        return "several values go up as one"
    steps: dict[Apply, None] = {}
    inputs: dict[Value, Value] = {}
    seen: set[Value] = set()
    waiting = [upload]
    while waiting:
        value = waiting.pop()
        if value in seen:
            continue
        seen.add(value)
        match makers.get(value):
            case Broadcast(values=values, results=found):
                inputs[value] = values[found.index(value)]
            case Apply(placement=Placement.CLIENTS) as step if _is_known(step):
                steps[step] = None
                read = [v for v in slots(step.args) if isinstance(v, Value) and active(v)]
                waiting += reversed(read)
            case _:
                return f"`{value.name}` stays at the clients"
    if not steps:
        return "the clients send back what they were sent"
    ordered = list(steps)
    if len(ordered) > 1:
        order = {operation: index for index, operation in enumerate(makers.values())}
        ordered.sort(key=order.__getitem__)
    if _clashes(ordered):
        return "its local functions capture different values under one name"
    return UploadWork(upload, tuple(ordered), tuple(inputs.items()))


def broadcasts_behind(
    upload: Tree, makers: Mapping[Value, Operation], active: Active
) -> tuple[Value, ...]:
    """The server values that an upload depends on through broadcasts of its block."""
    found: dict[Value, None] = {}
    seen: set[Value] = set()
    waiting = list(leaves(upload))
    while waiting:
        value = waiting.pop()
        if value in seen or not active(value):
            continue
        seen.add(value)
        match makers.get(value):
            case Broadcast(values=values, results=results_):
                found[values[results_.index(value)]] = None
            case Apply(args=args):
                waiting += all_leaves(args)
    return tuple(found)


def _is_known(step: Apply) -> bool:
    """Whether a local function can be called inside another one."""
    if isinstance(step.function, Builtin):
        known = step.function.name in ("pack", "unpack", "item", "add", "scale", "pull")
        return known and all(
            isinstance(leaf, Value) and placement(leaf.type) is Placement.CLIENTS
            for leaf in slots(step.args)
        )
    return isinstance(step.function, Mapped)


def _clashes(steps: list[Apply]) -> bool:
    """Whether two functions capture different static values under one name."""
    known: dict[str, Tree] = {}
    statics = [pair for step in steps for pair in split_statics(step)[1]]
    return any(known.setdefault(name, tree) != tree for name, tree in statics)


def split_statics(step: Apply) -> tuple[tuple[Tree, ...], list[tuple[str, Tree]]]:
    """A mapped function's arguments, and the static values that its text or its keywords name."""
    if not isinstance(step.function, Mapped):
        return step.args, []
    names = (*step.function.captures, *step.function.keywords)
    count = len(step.args) - len(names)
    return step.args[:count], list(zip(names, step.args[count:], strict=True))


def as_function(work: UploadWork) -> tuple[Local | Chain, tuple[Tree, ...]]:
    """The client work as one local function, and its arguments."""
    first = work.steps[0]
    if len(work.steps) == 1 and first.result is work.upload:
        assert isinstance(first.function, Mapped | Builtin)
        return first.function, first.args
    made = {value for step in work.steps for value in results(step)}
    read: dict[Value, None] = {}
    statics: dict[str, Tree] = {}
    for step in work.steps:
        args, named = split_statics(step)
        read.update(dict.fromkeys(v for v in all_leaves(args) if v not in made))
        statics.update(named)
    chain = Chain(work.steps, tuple(read), tuple(statics), work.upload)
    return chain, (*read, *statics.values())
