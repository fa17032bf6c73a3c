"""Broadcasts of values that clients have already: again in a loop, or twice on one path.

A single number that is sent together with other values is not reported: leaving it out would save
too little. Broadcasts in different computations are not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from fadc.diagnostics import Diagnostic, make
from fadc.diagnostics.wording import listed
from fadc.ir import (
    Apply,
    Block,
    Branch,
    Broadcast,
    Computation,
    Expression,
    Leaf,
    Loop,
    Operation,
    Placement,
    Value,
    all_leaves,
    bound_inside,
    leaves,
    placement,
    results,
)


def find_repetition(computation: Computation) -> Iterator[Diagnostic]:
    """The broadcasts of one computation that could be left out or moved out of a loop."""
    yield from _block(computation.block, _Path(), _Known())


@dataclass
class _Known:
    """The facts about values: the largest number of surrounding loops that change each.

    ``same`` maps a value that a loop carries unchanged to the one before the loop, ``texts`` an
    unnamed value to its expression.
    """

    levels: dict[Value, int] = field(default_factory=dict)
    same: dict[Value, Value] = field(default_factory=dict)
    texts: dict[Value, str] = field(default_factory=dict)

    def level(self, values: Iterable[Value]) -> int:
        return max((self.levels.get(value, 0) for value in values), default=0)

    def origin(self, value: Value) -> Value:
        return self.same.get(value, value)


@dataclass(frozen=True)
class _Path:
    """The loops around a block, what the clients have there, and the level of its conditions."""

    loops: tuple[Loop, ...] = ()
    sent: Mapping[Value, Broadcast] = field(default_factory=dict)
    condition: int = 0


def _block(block: Block, path: _Path, known: _Known) -> Iterator[Diagnostic]:
    sent = dict(path.sent)
    path = replace(path, sent=sent)
    for operation in block:
        if isinstance(operation, Broadcast):
            yield from _broadcast(operation, path, known)
            for value in operation.values:
                sent.setdefault(known.origin(value), operation)
        elif isinstance(operation, Loop):
            yield from _loop(operation, path, known)
        elif isinstance(operation, Branch):
            level = max(path.condition, known.level(leaves(operation.condition)))
            for arm in (operation.then, operation.orelse):
                yield from _block(arm, replace(path, condition=level), known)
        _learn(operation, len(path.loops), known)


def _loop(loop: Loop, path: _Path, known: _Known) -> Iterator[Diagnostic]:
    depth = len(path.loops) + 1
    known.levels.update(dict.fromkeys(bound_inside(loop), depth))
    for item in loop.carried:
        if item.result is item.param and isinstance(item.init, Value):
            known.levels[item.param] = known.level((item.init,))
            known.same[item.param] = known.origin(item.init)
    yield from _block(loop.body, replace(path, loops=(*path.loops, loop)), known)


def _learn(operation: Operation, depth: int, known: _Known) -> None:
    """A local result changes as often as its arguments do; any other result in each iteration."""
    level = depth
    if isinstance(operation, Apply):
        args = list(all_leaves(operation.args))
        # An expression without placed values may give another value each time, as a generator does.
        if any(placement(value.type) is not Placement.STATIC for value in args):
            level = known.level(args)
        if isinstance(operation.function, Expression):
            text = " ".join(operation.function.source.split())
            known.texts.update((v, text) for v in leaves(operation.result) if v.anonymous)
    for value in results(operation):
        known.levels[value] = level


def _broadcast(operation: Broadcast, path: _Path, known: _Known) -> Iterator[Diagnostic]:
    values = list(dict.fromkeys(v for v in operation.values if _is_worthwhile(v, operation)))
    again = [value for value in values if known.origin(value) in path.sent]
    if again:
        first = path.sent[known.origin(again[0])]
        related = ((first.span, "the first broadcast"),)
        yield make("FAD502", operation.span, related=related, names=_names(again, known))
    fixed = {
        value: level
        for value in values
        if value not in again
        and (level := max(path.condition, known.level((value,)))) < len(path.loops)
    }
    if fixed:
        outermost = path.loops[max(fixed.values())]
        related = ((outermost.span, "the loop"),)
        yield make("FAD501", operation.span, related=related, names=_names(fixed, known))


def _is_worthwhile(value: Value, operation: Broadcast) -> bool:
    array = value.type.array if isinstance(value.type, Leaf) else None
    return len(operation.values) == 1 or array is None or array.dims != ()


def _names(values: Iterable[Value], known: _Known) -> str:
    """The values of a message in words, unnamed ones by their expressions."""
    return listed(f"`{known.texts.get(value, value.name)}`" for value in values)
