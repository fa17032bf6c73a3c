"""Liveness: the operations and values that given results need, value by value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Call,
    Linearized,
    Loop,
    Node,
    Operation,
    Source,
    Tree,
    Value,
    all_leaves,
    leaves,
    operands,
    results,
)


def live_values(block: Block, needed: Iterable[Value]) -> set[Value]:
    """All values, defined or read in a block, on which the needed ones depend."""
    liveness = _Liveness(block)
    liveness.mark(needed)
    return liveness.live


class _Liveness:
    """Marks needed values, from the results backwards; values may be read across blocks."""

    def __init__(self, block: Block) -> None:
        self.sources: dict[Value, list[Tree]] = {}
        self.hosts: dict[Value, Operation] = {}
        self.around: dict[Operation, Operation] = {}
        self.live: set[Value] = set()
        self.kept: set[Operation] = set()
        self._index(block, None)

    def _index(self, block: Block, host: Operation | None) -> None:
        for operation in block:
            if host is not None:
                self.around[operation] = host
            for value in results(operation):
                self.hosts[value] = operation
            match operation:
                case Broadcast() | Aggregate():
                    for tree, value in zip(operation.values, operation.results, strict=True):
                        self.sources[value] = [tree]
                case Apply(args=args) | Call(args=args):
                    for value in results(operation):
                        self.sources[value] = list(args)
                case Loop():
                    self._index_loop(operation)
                case Branch():
                    for choice in operation.choices:
                        arms = [arm for arm in (choice.then, choice.orelse) if arm is not None]
                        self.sources[choice.output] = arms
                    self._index(operation.then, operation)
                    self._index(operation.orelse, operation)

    def _index_loop(self, loop: Loop) -> None:
        for source, counter in counted(loop.sources):
            for value in leaves(source.target):
                self.sources[value] = list(source.args)
                self.hosts[value] = loop
            for value in leaves(counter.target) if counter is not source else ():
                self.sources[value] = [*counter.args, *source.args]
        for item in loop.carried:
            self.sources[item.param] = self.sources[item.output] = [item.init, item.result]
            self.hosts[item.param] = loop
        for stack in loop.stacks:
            self.sources[stack.tape] = [stack.item]
        self._index(loop.body, loop)

    def mark(self, values: Iterable[Value]) -> None:
        waiting = list(values)
        while waiting:
            value = waiting.pop()
            if value in self.live:
                continue
            self.live.add(value)
            waiting += all_leaves(self.sources.get(value, ()))
            host = self.hosts.get(value)
            while host is not None and host not in self.kept:
                self.kept.add(host)
                waiting += self._control(host)
                host = self.around.get(host)

    @staticmethod
    def _control(operation: Operation) -> Iterable[Value]:
        """The values that an operation needs whichever of its results are needed."""
        if isinstance(operation, Branch):
            return list(leaves(operation.condition))
        if isinstance(operation, Loop):
            return list(all_leaves(_said_by(operation).args))
        return []


def without(block: Block, unbound: Iterable[Value]) -> Block:
    """A block without the operations that depend on missing values; they must not be needed."""
    gone = set(unbound)
    return _without(block, gone) if gone else block


def _without(block: Block, gone: set[Value]) -> Block:
    kept: list[Operation] = []
    for operation in block:
        match operation:
            case Loop():
                kept.append(_loop_without(operation, gone))
            case Branch():
                then, orelse = _without(operation.then, gone), _without(operation.orelse, gone)
                choices = [c for c in operation.choices if not _reads(gone, c.then, c.orelse)]
                gone.update(c.output for c in operation.choices if c not in choices)
                changed = replace(operation, then=then, orelse=orelse, choices=tuple(choices))
                kept.append(changed)
            case _ if gone.isdisjoint(operands(operation)):
                kept.append(operation)
            case Broadcast() | Aggregate():
                pairs = zip(operation.values, operation.results, strict=True)
                lost = {result for value, result in pairs if _reads(gone, value)}
                gone.update(lost)
                kept.append(_parts(operation, set(operation.results) - lost))
            case _:
                gone.update(results(operation))
    return tuple(kept)


def _loop_without(loop: Loop, gone: set[Value]) -> Loop:
    count = -1
    while count != len(gone):  # Carried values may become missing, too.
        count = len(gone)
        lost = [c for c in loop.carried if _reads(gone, c.init, c.result)]
        gone.update(v for c in lost for v in (c.param, c.output))
        body = _without(loop.body, gone)
    carried = tuple(c for c in loop.carried if c not in lost)
    stacks = tuple(stack for stack in loop.stacks if not _reads(gone, stack.item))
    gone.update(stack.tape for stack in loop.stacks if stack not in stacks)
    return replace(loop, carried=carried, stacks=stacks, body=body)


def _reads(values: set[Value], *trees: Tree | None) -> bool:
    return any(value in values for value in all_leaves(t for t in trees if t is not None))


def remove_dead(block: Block, needed: Iterable[Value]) -> Block:
    """The operations that the needed values depend on."""
    liveness = _Liveness(block)
    liveness.mark(needed)
    return _keep(block, liveness)


def _keep(block: Block, liveness: _Liveness) -> Block:
    kept = (op for op in block if op in liveness.kept)
    return tuple(_keep_parts(operation, liveness) for operation in kept)


def _keep_parts(operation: Operation, liveness: _Liveness) -> Operation:
    live = liveness.live
    match operation:
        case Broadcast() | Aggregate():
            return _parts(operation, live)
        case Apply(function=Linearized() as linearized, result=Node(children=(out, pullback))):
            if pullback in live or linearized.ruled:
                return operation
            return replace(operation, function=linearized.function, result=out)
        case Loop():
            return _keep_loop(operation, liveness)
        case Branch():
            return replace(
                operation,
                then=_keep(operation.then, liveness),
                orelse=_keep(operation.orelse, liveness),
                choices=tuple(c for c in operation.choices if c.output in live),
            )
    return operation


def _parts(message: Broadcast | Aggregate, wanted: set[Value]) -> Broadcast | Aggregate:
    """A message reduced to the parts whose results are wanted."""
    pairs = zip(message.values, message.results, strict=True)
    kept = [(value, result) for value, result in pairs if result in wanted]
    values, found = tuple(v for v, _ in kept), tuple(r for _, r in kept)
    return replace(message, values=values, results=found)  # type: ignore[arg-type]


def counted(sources: tuple[Source, ...]) -> Iterable[tuple[Source, Source]]:
    """Each source with its count from `enumerate`, or with itself if it has none."""
    before = (None, *sources)
    for source, last in zip(sources, before, strict=False):
        yield source, last if last is not None and last.kind == "count" else source


def _said_by(loop: Loop) -> Source:
    """The source to keep for a loop's number of iterations if none is read: preferably a range."""
    found = [source for source in loop.sources if source.kind != "count"]
    return next((source for source in found if source.kind == "range"), found[0])


def _keep_loop(loop: Loop, liveness: _Liveness) -> Loop:
    live = liveness.live
    sources = tuple(
        source
        for source, counter in counted(loop.sources)
        if any(value in live for each in (source, counter) for value in leaves(each.target))
    )
    if not sources:
        sources = (_said_by(loop),)
    return replace(
        loop,
        sources=sources,
        carried=tuple(c for c in loop.carried if c.output in live or c.param in live),
        stacks=tuple(stack for stack in loop.stacks if stack.tape in live),
        body=_keep(loop.body, liveness),
    )
