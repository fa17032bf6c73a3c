"""The transpose of a branch: a branch on the same condition, with the transpose of either arm.

branch %c {                       branch %c {
  … %a of %v                        … from %r_bar to %v_bar
} else {              becomes     } else {
  … %b of %v                        … from %r_bar to %v_bar.2
}                                 }
%r = %a | %b                      %v_bar.3 = %v_bar | %v_bar.2
"""

from __future__ import annotations

from fadc.calculus import table
from fadc.calculus.cotangents import Cotangents, Term
from fadc.calculus.linear import LinearBranch
from fadc.calculus.linearize import Linearizing
from fadc.calculus.transpose_loop import Transpose, read_outside
from fadc.ir import NONE, Choice, Literal, Operation, Value, all_leaves
from fadc.ir.builder import Builder

Bars = dict[Value, Value | None]
"""The cotangents of the values that the arms read from outside; None where nothing contributed."""


def transpose_branch(
    linearizing: Linearizing,
    build: Builder,
    step: LinearBranch,
    cotangents: Cotangents,
    transpose: Transpose,
) -> None:
    """The transpose of one branch, whose arms' are given by ``transpose``."""
    branch, active = step.operation, linearizing.active
    chosen = [c for c in branch.choices if active(c.output) and cotangents.has(c.output)]
    if not chosen:
        return
    bars = [cotangents.total(build, choice.output) for choice in chosen]
    ends = all_leaves(arm for c in chosen for arm in (c.then, c.orelse) if arm is not None)
    free = read_outside((branch.then, branch.orelse), ends, set(), active)
    before: Bars = {value: cotangents.total(build, value) for value in free}
    arms: list[tuple[list[Operation], Bars]] = []
    for linear, side in ((step.then, "then"), (step.orelse, "orelse")):
        inner = cotangents.inside()
        pairs = [
            *before.items(),
            *((getattr(c, side), b) for c, b in zip(chosen, bars, strict=True)),
        ]
        for tree, bar in pairs:
            if bar is not None and isinstance(tree, Value) and active(tree):
                inner.give(tree, Term(bar))
        with build.collecting() as body:
            body += transpose(linearizing, linear, inner)
            found = {value: inner.total(build, value) for value in free}
        cotangents.absorb(inner)
        arms.append((body, found))
    _merge(linearizing, build, step, cotangents, arms)


def _merge(
    linearizing: Linearizing,
    build: Builder,
    step: LinearBranch,
    cotangents: Cotangents,
    arms: list[tuple[list[Operation], Bars]],
) -> None:
    """The branch of both arms, and the cotangents that come out of it."""
    (then, then_bars), (orelse, orelse_bars) = arms
    choices: list[Choice] = []
    for value in then_bars:
        if then_bars[value] is None and orelse_bars[value] is None:
            continue
        first = _filled(linearizing, build, value, then_bars[value], then, cotangents)
        second = _filled(linearizing, build, value, orelse_bars[value], orelse, cotangents)
        if first is second and first is not None:
            cotangents.give(value, Term(first))
            continue
        output = build.value(f"{value.name}_bar", value.type)
        choices.append(Choice(first, second, output))
        cotangents.give(value, Term(output))
    condition = step.operation.condition
    table.transpose_branch(build, condition, step.mark, tuple(then), tuple(orelse), choices)


def _filled(
    linearizing: Linearizing,
    build: Builder,
    value: Value,
    bar: Value | None,
    arm: list[Operation],
    cotangents: Cotangents,
) -> Value | Literal | None:
    """The cotangent that comes out of an arm: zeros where nothing contributed.

    Of a value that is None after the other arm it is None, and of one that is not bound there, nothing.
    """
    if bar is None and value in linearizing.derivation.optional:
        return NONE
    if bar is None and value not in linearizing.derivation.partial:
        with build.collecting() as extra:
            bar = cotangents.zero(build, value)
        arm += extra
    return bar
