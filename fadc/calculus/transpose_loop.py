"""The transpose of a loop: the loop from its last iteration to its first, with the body's transpose.

    loop %i in range(%n) carrying (%p = %a) {          loop %_ in reversed range(%n) carrying (%p_bar = %r_bar) {
      … %q                                                … the body's transpose, from %p_bar to %p_bar.2
      next (%q)                             becomes       next (%p_bar.2)
    } -> (%r)                                          } -> (%a_bar)

What the body reads from outside it is carried, too: its cotangent grows from iteration to iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from fadc.calculus import table
from fadc.calculus.cotangents import Cotangents, Term
from fadc.calculus.derivation import Active
from fadc.calculus.linear import Linear, LinearLoop
from fadc.calculus.linearize import Linearizing, linearize
from fadc.ir import (
    NONE,
    Block,
    Carried,
    Loop,
    Source,
    Stack,
    Sweep,
    Tree,
    Value,
    all_leaves,
    bound_inside,
    defined,
    leaves,
    rebuild,
    used,
    yielded,
)
from fadc.ir.builder import Builder
from fadc.passes.copy_block import copy_block

Transpose = Callable[[Linearizing, Linear, Cotangents], Block]


@dataclass(frozen=True)
class _Turn:
    """What travels round a transposed loop: ``bars``, whose values are the carried ones and the outside ones.

    These values are ``inits`` before the loop, ``values`` at an iteration's start and ``ends`` at its end.
    """

    inits: tuple[Tree, ...]
    values: tuple[Value, ...]
    ends: tuple[Tree, ...]
    starts: tuple[Tree, ...]
    bars: tuple[Value, ...]


def transpose_loop(
    linearizing: Linearizing,
    build: Builder,
    step: LinearLoop,
    cotangents: Cotangents,
    transpose: Transpose,
) -> None:
    """The transpose of one loop, whose body's is given by ``transpose``."""
    loop, linearizing = step.operation, linearizing.standing_for(step.originals)
    active = linearizing.active
    carried = [c for c in loop.carried if active(c.output) or active(c.param)]
    filled = [stack for stack in loop.stacks if active(stack.tape)]
    outputs = [*(c.output for c in carried), *(s.tape for s in filled)]
    if not any(cotangents.has(value) for value in outputs):
        return
    turn = _turn(linearizing, build, loop, carried, cotangents)
    inner = cotangents.inside()
    sources = [s for stack in filled for s in _transpose_stack(build, stack, cotangents, inner)]
    with build.collecting() as body:
        linear, inside, renamed = _linear_body(linearizing, build, step)
        for tree, bar in zip(turn.ends, turn.bars, strict=True):
            inner.give(_renamed(tree, renamed), Term(bar))
        body += transpose(inside, linear, inner)
        ends = _ends(build, turn, inner, renamed)
        stacks, tapes = _transpose_sources(build, loop, inner, renamed, active)
    cotangents.absorb(inner)
    around = _carry(turn, ends, active, cotangents)
    for tape, term in tapes:
        cotangents.give(tape, term)
    turns = tuple(sources) or (backwards(loop),)
    table.transpose_loop(build, step.mark, turns, around, stacks, tuple(body))


def _turn(
    linearizing: Linearizing,
    build: Builder,
    loop: Loop,
    carried: list[Carried],
    cotangents: Cotangents,
) -> _Turn:
    """What travels round, and what it starts with: the cotangents of what the loop gives."""
    own = set(bound_inside(loop))
    free = read_outside((loop.body,), yielded(loop), own, linearizing.active)
    behind = (*(c.output for c in carried), *free)
    starts = tuple(_start(linearizing, build, value, cotangents) for value in behind)
    inits, ends = (*(c.init for c in carried), *free), (*(c.result for c in carried), *free)
    values = (*(c.param for c in carried), *free)
    types = (*(c.param.type for c in carried), *(linearizing.bar_type(value) for value in free))
    bars = [build.value(f"{v.name}_bar", t) for v, t in zip(values, types, strict=True)]
    return _Turn(inits, values, ends, starts, tuple(bars))


def _start(linearizing: Linearizing, build: Builder, value: Value, cotangents: Cotangents) -> Tree:
    """The cotangent of a value behind a loop: of one that may not be bound there, the zero is None."""
    found = cotangents.total(build, value)
    if found is None and linearizing.is_scattered(value):
        return NONE
    return cotangents.zero(build, value) if found is None else found


def read_outside(
    blocks: Iterable[Block], ends: Iterable[Value], own: set[Value], active: Active
) -> list[Value]:
    """The active values that blocks and their ends read from outside them."""
    inner = set(own)
    seen: dict[Value, None] = {}
    for block in blocks:
        inner |= defined(block)
        seen.update(used(block))
    seen.update(dict.fromkeys(ends))
    return [value for value in seen if value not in inner and active(value)]


def _linear_body(
    linearizing: Linearizing, build: Builder, step: LinearLoop
) -> tuple[Linear, Linearizing, Mapping[Value, Value]]:
    """The linear part of the body. A segment runs again for it, as a copy, at the start of the iteration."""
    if step.body is not None:
        return step.body, linearizing, {}
    copied, renamed = copy_block(step.operation.body)
    inside = linearizing.standing_for({new: old for old, new in renamed.items()})
    again, linear = linearize(inside, copied)
    for operation in again:
        build.emit(replace(operation, sweep=Sweep.REVERSE))
    return linear, inside, renamed


def _renamed(tree: Tree, renamed: Mapping[Value, Value]) -> Tree:
    return rebuild(tree, lambda value: renamed.get(value, value))


def _ends(
    build: Builder, turn: _Turn, inner: Cotangents, renamed: Mapping[Value, Value]
) -> list[Value]:
    """The cotangents at the start of the iteration, zeros where nothing contributed.

    A value may have another shape at the start of an iteration than at its end: the zeros are its own.
    """
    return [inner.total_or_zero(build, renamed.get(value, value)) for value in turn.values]


def _carry(turn: _Turn, ends: list[Value], active: Active, cotangents: Cotangents) -> list[Carried]:
    """What the transposed loop carries; what comes out goes to the values from before the loop."""
    around: list[Carried] = []
    for start, bar, end, init in zip(turn.starts, turn.bars, ends, turn.inits, strict=True):
        output = replace(bar)
        around.append(Carried(start, bar, end, output))
        if isinstance(init, Value) and active(init):
            cotangents.give(init, Term(output))
    return around


def _transpose_stack(
    build: Builder, stack: Stack, cotangents: Cotangents, inner: Cotangents
) -> list[Source]:
    """The cotangent of a filled tape is read from its end."""
    term = cotangents.take(build, stack.tape)
    if term is None or not isinstance(term.tree, Value):
        return []
    cotangents.unscalable |= term.scaled
    item = stack.item
    assert isinstance(item, Value)
    bar = build.value(f"{item.name}_bar", item.type)
    inner.give(item, Term(bar))
    return [table.transpose_stack(term.tree, bar, term.flipped)]


def _transpose_sources(
    build: Builder, loop: Loop, inner: Cotangents, renamed: Mapping[Value, Value], active: Active
) -> tuple[tuple[Stack, ...], list[tuple[Value, Term]]]:
    """The cotangent of a consumed tape is filled from its end."""
    stacks: list[Stack] = []
    tapes: list[tuple[Value, Term]] = []
    for source in loop.sources:
        if source.kind != "tape":
            continue
        for tape, target in zip(leaves(source.args[0]), leaves(source.target), strict=True):
            if active(target) and active(tape):
                bar = build.value(f"{tape.name}_bar", tape.type)
                item = inner.total_or_zero(build, renamed.get(target, target))
                stacks.append(table.transpose_source(item, bar))
                tapes.append((tape, Term(bar, flipped=not source.reverse)))
    return tuple(stacks), tapes


def backwards(loop: Loop) -> Source:
    """The iterations of a loop from the last to the first, for a body that reads nothing of them."""
    ranges = [source for source in loop.sources if source.kind == "range"]
    source = (ranges or [each for each in loop.sources if each.kind == "tape"])[0]
    first = next(leaves(source.target))
    args = source.args if ranges else (next(all_leaves(source.args)),)
    return Source(source.kind, args, replace(first, name="_"), reverse=not source.reverse)
