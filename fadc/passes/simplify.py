"""Simplification: what nobody needs is neither computed, carried nor sent; nothing is sent twice."""

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
    Loop,
    Operation,
    Tree,
    Value,
    all_leaves,
    leaves,
    rebuild,
    results,
    substitute,
)


def simplify(
    block: Block, needed: tuple[Tree, ...], resend: bool = False
) -> tuple[Block, tuple[Tree, ...]]:
    """Remove dead work and dead messages, given the trees that are needed; both come back.

    ``resend`` keeps repeated broadcasts of one value.
    """
    while True:
        before = _size(block)
        renamed: dict[Value, Tree] = {}
        block = _drop_invariant(block, renamed)
        if not resend:
            block = _share_broadcasts(block, {}, renamed)
        needed = tuple(rebuild(tree, lambda value: _final(value, renamed)) for tree in needed)
        block = remove_dead(block, all_leaves(needed))
        if _size(block) == before:
            return block, needed


def _final(value: Value, renamed: dict[Value, Tree]) -> Tree:
    tree: Tree = value
    while isinstance(tree, Value) and tree in renamed:
        tree = renamed[tree]
    return tree


def _size(block: Block) -> int:
    """A measure that every simplification shrinks."""
    total = 0
    for operation in block:
        total += 1 + len(list(results(operation)))
        if isinstance(operation, Loop):
            total += _size(operation.body) + len(operation.sources)
        elif isinstance(operation, Branch):
            total += _size(operation.then) + _size(operation.orelse)
    return total


# Dead code -------------------------------------------------------------------------------------


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


# Carried values that never change --------------------------------------------------------------


def _drop_invariant(block: Block, found: dict[Value, Tree]) -> Block:
    """A carried value that every iteration hands on is the value from before the loop."""
    block = _find_invariant(block, found)
    return substitute(block, lambda value: _final(value, found)) if found else block


def _find_invariant(block: Block, found: dict[Value, Tree]) -> Block:
    changed: list[Operation] = []
    for operation in block:
        if isinstance(operation, Loop):
            body = _find_invariant(operation.body, found)
            carried = []
            for item in operation.carried:
                same = item.result is item.param and isinstance(item.init, Value)
                if same and item.init.type == item.param.type:  # type: ignore[union-attr]
                    found[item.param] = found[item.output] = item.init
                else:
                    carried.append(item)
            operation = replace(operation, body=body, carried=tuple(carried))
        elif isinstance(operation, Branch):
            then = _find_invariant(operation.then, found)
            orelse = _find_invariant(operation.orelse, found)
            operation = replace(operation, then=then, orelse=orelse)
        changed.append(operation)
    return tuple(changed)


# Broadcasts of a value that the clients have ----------------------------------------------------


def _share_broadcasts(block: Block, known: dict[Value, Value], renamed: dict[Value, Tree]) -> Block:
    """A value that was broadcast already is not sent again."""
    kept: list[Operation] = []
    for operation in block:
        if renamed:
            (operation,) = substitute((operation,), lambda value: _final(value, renamed))
        match operation:
            case Broadcast():
                shared = _share(operation, known, renamed)
                kept += [shared] if shared.values else []
            case Loop(body=body):
                inner = _share_broadcasts(body, dict(known), renamed)
                kept.append(replace(operation, body=inner))
            case Branch(then=then, orelse=orelse):
                first = _share_broadcasts(then, dict(known), renamed)
                second = _share_broadcasts(orelse, dict(known), renamed)
                kept.append(replace(operation, then=first, orelse=second))
            case _:
                kept.append(operation)
    return substitute(tuple(kept), lambda value: _final(value, renamed)) if renamed else tuple(kept)


def _share(
    operation: Broadcast, known: dict[Value, Value], renamed: dict[Value, Tree]
) -> Broadcast:
    fresh: dict[Value, Value] = {}
    for value, result in zip(operation.values, operation.results, strict=True):
        if value in known:
            renamed[result] = known[value]
        else:
            known[value] = fresh[value] = result
    return replace(operation, values=tuple(fresh), results=tuple(fresh.values()))
