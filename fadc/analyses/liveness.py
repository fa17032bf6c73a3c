"""Liveness: what is needed for given results, at the granularity of single values."""

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
    Tree,
    Value,
    all_leaves,
    leaves,
    results,
)


def live_values(block: Block, needed: Iterable[Value]) -> set[Value]:
    """The values of a block, and those that it reads, on which the needed ones depend."""
    liveness = _Liveness(block)
    liveness.mark(needed)
    return liveness.live


class _Liveness:
    """Marks what is needed, from the results backwards; values may be read across blocks."""

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
        for source in loop.sources:
            for value in leaves(source.target):
                self.sources[value] = list(source.args)
                self.hosts[value] = loop
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
        """What an operation needs whichever of its results is needed."""
        if isinstance(operation, Branch):
            return list(leaves(operation.condition))
        if isinstance(operation, Loop):
            ranges = [source for source in operation.sources if source.kind == "range"]
            first = (ranges or list(operation.sources))[:1]
            return [value for source in first for value in all_leaves(source.args)]
        return []


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
        case Broadcast():
            pairs = [
                p for p in zip(operation.values, operation.results, strict=True) if p[1] in live
            ]
            return replace(
                operation, values=tuple(p[0] for p in pairs), results=tuple(p[1] for p in pairs)
            )
        case Aggregate():
            kept = [
                p for p in zip(operation.values, operation.results, strict=True) if p[1] in live
            ]
            return replace(
                operation, values=tuple(p[0] for p in kept), results=tuple(p[1] for p in kept)
            )
        case Apply(function=Linearized(function=function), result=Node(children=(out, pullback))):
            return (
                operation if pullback in live else replace(operation, function=function, result=out)
            )
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


def _keep_loop(loop: Loop, liveness: _Liveness) -> Loop:
    live = liveness.live
    sources = tuple(
        source for source in loop.sources if any(value in live for value in leaves(source.target))
    )
    if not sources:
        ranges = [source for source in loop.sources if source.kind == "range"]
        sources = tuple((ranges or list(loop.sources))[:1])
    return replace(
        loop,
        sources=sources,
        carried=tuple(c for c in loop.carried if c.output in live or c.param in live),
        stacks=tuple(stack for stack in loop.stacks if stack.tape in live),
        body=_keep(loop.body, liveness),
    )
