"""The transpose of a loop: the loop from its last iteration to its first, with the body's transpose.

    loop %i in range(%n) carrying (%p = %a) {          loop %_ in reversed range(%n) carrying (%p_bar = %r_bar) {
      … %q                                                … the body's transpose, from %p_bar to %p_bar.2
      next (%q)                             becomes       next (%p_bar.2)
    } -> (%r)                                          } -> (%a_bar)

Cotangents of outside values that the body reads are carried, too: each iteration adds to them.
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
    """What a transposed loop carries: ``bars``, the cotangents of carried and of outside values.

    The primal values are ``inits`` before the loop, ``values`` at an iteration's start and ``ends``
    at its end; ``starts`` are the cotangents that the transposed loop starts with.
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
    """The transpose of one loop; ``transpose`` gives that of its body."""
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
    """What the transposed loop carries; it starts with the cotangents of the loop's results."""
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
    """The cotangent of a value after a loop; the zero of a value that may be unbound is None."""
    found = cotangents.total(build, value)
    if found is None and linearizing.is_scattered(value):
        return NONE
    return cotangents.zero(build, value) if found is None else found


def read_outside(
    blocks: Iterable[Block], ends: Iterable[Value], own: set[Value], active: Active
) -> list[Value]:
    """The active values from outside that are read in blocks, or yielded by them."""
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
    """The linear part of the body. A copy of a checkpointed segment runs again for it first."""
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

    A value's shape may differ between an iteration's start and end: the zeros have that of the
    start.
    """
    return [inner.total_or_zero(build, renamed.get(value, value)) for value in turn.values]


def _carry(turn: _Turn, ends: list[Value], active: Active, cotangents: Cotangents) -> list[Carried]:
    """What the transposed loop carries; its results belong to values from before the loop."""
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
    """The iterations of a loop from last to first, for a body that does not read their index."""
    ranges = [source for source in loop.sources if source.kind == "range"]
    source = (ranges or [each for each in loop.sources if each.kind == "tape"])[0]
    first = next(leaves(source.target))
    args = source.args if ranges else (next(all_leaves(source.args)),)
    return Source(source.kind, args, replace(first, name="_"), reverse=not source.reverse)
