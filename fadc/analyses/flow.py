"""Flow: the values from which each value of a computation comes, and facts along this relation.

    total = fed.sum(v)          total: v
    for _ in range(rounds):     w in the loop, and behind it: w before it, w at an iteration's end
        w = w + total           w at an iteration's end: w in the loop, total

The facts are sets of numbers, such as positions of inputs. Values are processed in order, and again
only when one that they come from has changed, so that the work for nested loops grows with the text
and not with the product of their iterations.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Call,
    Loop,
    Operation,
    Tree,
    Value,
    all_leaves,
    differentiable,
    leaves,
    results,
    slots,
)

Numbers = frozenset[int]
"""The facts, such as positions of inputs."""

NOWHERE: Numbers = frozenset()

Flow = Mapping[Value, Iterable[Value]]
"""For each value the values that it comes from, in the order of the text."""

Reads = Callable[[Apply], tuple[Tree, ...]]
"""The arguments of a local function through which facts flow."""


class Summary(Protocol):
    """The summary of a called computation: the inputs that each result comes from."""

    @property
    def outputs(self) -> tuple[Numbers, ...]: ...


def flow_of(
    block: Block, callees: Mapping[str, Summary], reads: Reads
) -> dict[Value, tuple[Value, ...]]:
    """The flow of a block through its differentiable values, inner blocks included."""
    found: dict[Value, tuple[Value, ...]] = {}
    waiting = list(reversed(block))
    while waiting:
        operation = waiting.pop()
        for value, sources in _pairs(operation, callees, reads):
            if differentiable(value.type):
                found[value] = tuple(dict.fromkeys(sources))
        match operation:
            case Loop(body=body):
                waiting += reversed(body)
            case Branch(then=then, orelse=orelse):
                waiting += reversed((*then, *orelse))
    return found


def _pairs(
    operation: Operation, callees: Mapping[str, Summary], reads: Reads
) -> Iterator[tuple[Value, Iterable[Value]]]:
    """Each value that an operation defines, also in inner blocks, with its sources."""
    match operation:
        case Broadcast(values=values, results=found) | Aggregate(values=values, results=found):
            for tree, result in zip(values, found, strict=True):
                yield result, leaves(tree)
        case Apply():
            sources = tuple(all_leaves(reads(operation)))
            for result in results(operation):
                yield result, sources
        case Call(computation=name, args=args):
            inputs = list(slots(args))
            for result, positions in zip(results(operation), callees[name].outputs, strict=True):
                yield result, all_leaves(inputs[i] for i in sorted(positions))
        case Branch(choices=choices):
            for choice in choices:
                arms = (arm for arm in (choice.then, choice.orelse) if arm is not None)
                yield choice.output, all_leaves(arms)
        case Loop():
            yield from _pairs_of_loop(operation)


def _pairs_of_loop(loop: Loop) -> Iterator[tuple[Value, Iterable[Value]]]:
    """A carried value comes from before the loop and from each iteration's end, an item from its list."""
    for source in loop.sources:
        pairs = zip(all_leaves(source.args), leaves(source.target), strict=False)
        for tape, target in pairs if source.kind == "tape" else ():
            yield target, (tape,)
    for item in loop.carried:
        around = tuple(all_leaves((item.init, item.result)))
        yield item.param, around
        yield item.output, around
    for stack in loop.stacks:
        yield stack.tape, leaves(stack.item)


def reversed_flow(flow: dict[Value, tuple[Value, ...]]) -> dict[Value, list[Value]]:
    """For each value the values that come from it, in reverse order."""
    found: dict[Value, list[Value]] = {}
    for value, sources in reversed(flow.items()):
        for source in sources:
            if differentiable(source.type):
                found.setdefault(source, []).append(value)
    return found


def settle(flow: Flow, known: dict[Value, Numbers]) -> None:
    """Add to the facts of each value those of all values that it comes from."""
    readers: dict[Value, list[Value]] = {}
    for value, sources in flow.items():
        for source in sources:
            readers.setdefault(source, []).append(value)
    waiting, queued = deque(flow), set(flow)
    while waiting:
        value = waiting.popleft()
        queued.discard(value)
        before = known.get(value, NOWHERE)
        found = before.union(*(known.get(source, NOWHERE) for source in flow[value]))
        if len(found) > len(before):
            known[value] = found
            news = [reader for reader in readers.get(value, ()) if reader not in queued]
            waiting += news
            queued.update(news)
