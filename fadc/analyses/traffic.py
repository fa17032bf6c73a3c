"""Traffic: rounds, and array elements down to and up from each client, as sums over symbols.

A round is one downlink, the clients' work and one uplink. Sizes are products of annotated
dimensions; what has no known shape is called by its name, ``|delta|``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fadc.analyses.levels import late_levels, levels
from fadc.ir import (
    Aggregate,
    Apply,
    Block,
    Branch,
    Broadcast,
    Call,
    Computation,
    Expression,
    Leaf,
    Literal,
    Loop,
    Tree,
    Value,
    all_leaves,
)

Monomial = tuple[str, ...]


@dataclass(frozen=True)
class Size:
    """A sum of products of symbols, each with a whole coefficient."""

    terms: Mapping[Monomial, int] = field(default_factory=dict)

    def __add__(self, other: Size) -> Size:
        total = Counter(self.terms)
        total.update(other.terms)
        return Size(dict(total))

    def times(self, factor: Size) -> Size:
        total: Counter[Monomial] = Counter()
        for left, a in self.terms.items():
            for right, b in factor.terms.items():
                total[tuple(sorted((*left, *right)))] += a * b
        return Size(dict(total))

    def __str__(self) -> str:
        ordered = sorted(self.terms.items(), key=lambda item: (-len(item[0]), item[0]))
        parts = [_monomial(symbols, count) for symbols, count in ordered if count]
        return " + ".join(parts) or "0"


def _monomial(symbols: Monomial, count: int) -> str:
    text = "·".join(symbols)
    if not text:
        return str(count)
    return text if count == 1 else f"{count}·{text}"


def number(count: int) -> Size:
    return Size({(): count}) if count else Size()


@dataclass(frozen=True)
class Traffic:
    """What one computation sends and how many rounds it takes."""

    rounds: Size = field(default_factory=Size)
    down: Size = field(default_factory=Size)
    up: Size = field(default_factory=Size)

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.rounds + other.rounds, self.down + other.down, self.up + other.up)

    def times(self, factor: Size) -> Traffic:
        return Traffic(self.rounds.times(factor), self.down.times(factor), self.up.times(factor))


def traffic(computations: Mapping[str, Computation], name: str) -> Traffic:
    """The traffic of a computation, of all that it calls too."""
    computation = computations[name]
    return _block(computations, computation.block, late_levels(computation), {})


def _block(
    computations: Mapping[str, Computation],
    block: Block,
    late: Mapping[Value, int],
    known: dict[Value | None, Size],
) -> Traffic:
    found = levels(block, late)
    known.update(_segments(block))
    rounds: set[int] = set()
    total = Traffic()
    for operation in block:
        match operation:
            case Broadcast(values=values):
                rounds.add(found.operations[operation])
                total += Traffic(down=sizes(values))
            case Aggregate(values=trees):
                rounds.add(found.operations[operation])
                total += Traffic(up=sizes(all_leaves(trees)))
            case Call(computation=name):
                total += traffic(computations, name)
            case Loop():
                length = trips(operation, known)
                known.update({stack.tape: length for stack in operation.stacks})
                total += _block(computations, operation.body, {}, known).times(length)
            case Branch():
                sides = (operation.then, operation.orelse)
                arms = [_block(computations, side, {}, known) for side in sides]
                total += max(arms, key=lambda arm: sum(arm.rounds.terms.values()))
    return total + Traffic(rounds=number(len(rounds)))


def trips(loop: Loop, known: Mapping[Value | None, Size]) -> Size:
    """How often a loop runs: a number, a static name, or the length of a tape.

    ``known`` are the lengths of tapes that loops have filled, and of segments between checkpoints.
    """
    source = next((s for s in loop.sources if s.kind == "range"), loop.sources[0])
    if source.kind == "range" and len(source.args) == 1:
        return _symbol(source.args[0])
    bound = source.args[1] if source.kind == "range" and len(source.args) > 1 else None
    if isinstance(bound, Value) and bound in known:
        return known[bound]
    if source.kind == "range" and len(source.args) == 3 and _text(source.args[0]) == "0":
        stop, step = _text(source.args[1]), _text(source.args[2])
        return _symbol(source.args[1]) if step == "1" else Size({(f"⌈{stop}/{step}⌉",): 1})
    if source.kind == "range":
        return Size({(f"len(range({', '.join(_text(arg) for arg in source.args)}))",): 1})
    tape = next(iter(all_leaves(source.args)), None)
    if tape in known:
        return known[tape]
    return Size({(f"len({tape.name})" if tape else "T",): 1})


def _segments(block: Block) -> dict[Value | None, Size]:
    """The lengths of segments between checkpoints: K for what ends at ``min(start + K, …)``."""
    found: dict[Value | None, Size] = {}
    for operation in block:
        if isinstance(operation, Apply) and isinstance(operation.function, Expression):
            width = operation.function.source.removeprefix("min(start + ").partition(",")[0]
            if width.isdecimal() and isinstance(operation.result, Value):
                found[operation.result] = number(int(width))
    return found


def _symbol(tree: Tree) -> Size:
    text = _text(tree)
    return number(int(text)) if text.isdecimal() else Size({(text,): 1})


def _text(tree: Tree) -> str:
    if isinstance(tree, Literal):
        return tree.source
    return tree.name if isinstance(tree, Value) else "…"


def sizes(values: Iterable[Value]) -> Size:
    total = Size()
    for value in values:
        total += size(value)
    return total


def size(value: Value) -> Size:
    """The array elements of one value."""
    array = value.type.array if isinstance(value.type, Leaf) else None
    dims = array.dims if array is not None else None
    if isinstance(value.type, Leaf) and value.type.symbols is not None:
        dims = value.type.symbols
    if dims is None:
        return Size({(f"|{_stem(value.name)}|",): 1})
    count, symbols = 1, []
    for dim in dims:
        plain = dim.lstrip("#").rpartition("=")[2]
        if plain.isdecimal():
            count *= int(plain)
        else:
            symbols.append(plain)
    return Size({tuple(sorted(symbols)): count})


def _stem(name: str) -> str:
    """The user's name behind a derived one: tangents and cotangents are as large as their primals."""
    while True:
        for suffix in ("_bar", "_dot", "_at_clients"):
            if name.endswith(suffix) and len(name) > len(suffix):
                name = name.removesuffix(suffix)
                break
        else:
            return name
