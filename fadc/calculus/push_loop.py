"""The pushforward of a loop: the loop that carries, reads and fills the tangents, too.

loop %i in range(%n) carrying (%p = %a) {         loop %i in range(%n) carrying (%p = %a, %p_dot = %a_dot) {
  … %q                                              … %q, %q_dot
  next (%q)                            becomes      next (%q, %q_dot)
  stack %t <- %v                                    stack %t <- %v
} -> (%r)                                           stack %t_dot <- %v_dot
                                                  } -> (%r, %r_dot)
"""

from __future__ import annotations

from collections.abc import Callable

from fadc.calculus import table
from fadc.calculus.tangents import Tangents
from fadc.ir import Block, Carried, Loop, Source, Stack, leaves
from fadc.ir.builder import Builder


def push_loop(
    build: Builder, loop: Loop, directions: list[Tangents], push: Callable[[Block], Block]
) -> None:
    """The pushforward of one loop; ``push`` gives that of its body."""
    pushed = [
        (each, item)
        for each in directions
        for item in loop.carried
        if each.active(item.output) or each.active(item.param)
    ]
    sources = [s for e in directions for own in loop.sources for s in _push_source(own, e)]
    inits = [each.tangent(build, item.init, item.param) for each, item in pushed]
    params = [each.dot_of(item.param) for each, item in pushed]
    with build.collecting() as body:
        body += push(loop.body)
        ends = [each.tangent(build, item.result, item.param) for each, item in pushed]
        filled = [(e, s) for e in directions for s in loop.stacks if e.active(s.tape)]
        items = [each.tangent(build, stack.item) for each, stack in filled]
    carried = [
        Carried(init, param, end, each.dot_of(item.output))
        for (each, item), init, param, end in zip(pushed, inits, params, ends, strict=True)
    ]
    stacks = [
        Stack(item, each.dot_of(stack.tape))
        for (each, stack), item in zip(filled, items, strict=True)
    ]
    table.push_loop(build, loop, sources, carried, stacks, tuple(body))


def _push_source(source: Source, tangents: Tangents) -> list[Source]:
    """The tapes of tangents that a loop runs over together with a tape."""
    if source.kind != "tape":
        return []
    columns = zip(leaves(source.args[0]), leaves(source.target), strict=True)
    return [
        Source("tape", (tangents.dots[tape],), tangents.dot_of(target), source.reverse)
        for tape, target in columns
        if tape in tangents.dots and tangents.active(target)
    ]
