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
from fadc.ir import NONE, Choice, Operation, Tree, Value, all_leaves
from fadc.ir.builder import Builder

Bars = dict[Value, Value | None]
"""The cotangents of the values that the arms read from outside; None where nothing contributed."""


def transpose_branch(
    linearizing: Linearizing,
    build: Builder,
    step: LinearBranch,
    cotangents: Cotangents,
    home: frozenset[Value],
    transpose: Transpose,
) -> None:
    """The transpose of one branch; ``transpose`` gives those of its arms.

    ``home`` are the values that the surrounding block defines.
    """
    branch, active = step.operation, linearizing.active
    chosen = [c for c in branch.choices if active(c.output) and cotangents.has(c.output)]
    if not chosen:
        return
    bars = [cotangents.total_or_zero(build, choice.output) for choice in chosen]
    ends = all_leaves(arm for c in chosen for arm in (c.then, c.orelse) if arm is not None)
    free = read_outside((branch.then, branch.orelse), ends, set(), active)
    before: Bars = {value: cotangents.total(build, value) for value in free}
    arms: list[tuple[list[Operation], Bars]] = []
    for linear, side in ((step.then, "then"), (step.orelse, "orelse")):
        inner = cotangents.inside()
        for value, bar in before.items():
            if bar is not None:
                inner.give(value, Term(bar))
        with build.collecting() as body:
            for choice, bar in zip(chosen, bars, strict=True):
                _into_arm(linearizing, build, choice.output, getattr(choice, side), bar, inner)
            body += transpose(linearizing, linear, inner)
            found = {value: inner.total(build, value) for value in free}
        cotangents.absorb(inner)
        arms.append((body, found))
    _merge(linearizing, build, step, cotangents, home, arms)


def _into_arm(
    linearizing: Linearizing,
    build: Builder,
    output: Value,
    arm: Tree | None,
    bar: Value,
    inner: Cotangents,
) -> None:
    """Pass the cotangent of a result of the branch to the value that one arm gives for it."""
    if not isinstance(arm, Value) or not linearizing.active(arm):
        return
    if linearizing.is_scattered(output) and not linearizing.is_scattered(arm):
        bar = build.cast_like(bar, arm)
    inner.give(arm, Term(bar))


def _merge(
    linearizing: Linearizing,
    build: Builder,
    step: LinearBranch,
    cotangents: Cotangents,
    home: frozenset[Value],
    arms: list[tuple[list[Operation], Bars]],
) -> None:
    """The branch of the transposed arms, and the cotangents that it gives."""
    (then, then_bars), (orelse, orelse_bars) = arms
    choices: list[Choice] = []
    for value in then_bars:
        if then_bars[value] is None and orelse_bars[value] is None:
            continue
        first = then_bars[value] or _nothing(linearizing, build, value, home, then)
        second = orelse_bars[value] or _nothing(linearizing, build, value, home, orelse)
        if first is second and isinstance(first, Value):
            cotangents.give(value, Term(first))
            continue
        output = build.value(f"{value.name}_bar", linearizing.bar_type(value))
        choices.append(Choice(first, second, output))
        cotangents.give(value, Term(output))
    condition = step.operation.condition
    table.transpose_branch(build, condition, step.mark, tuple(then), tuple(orelse), choices)


def _nothing(
    linearizing: Linearizing,
    build: Builder,
    value: Value,
    home: frozenset[Value],
    arm: list[Operation],
) -> Tree | None:
    """The cotangent of a value in an arm that contributes nothing to it: a zero that the arm makes.

    It is None for a value that is not bound there, or that is None itself.
    """
    sometimes, source = linearizing.derivation.sometimes, linearizing.original(value)
    if source in sometimes.scattered or (source in sometimes.optional and value in home):
        return NONE
    if source in sometimes.partial and value in home:
        return None
    with build.collecting() as made:
        zero = build.zeros_like(value, f"{value.name}_bar")
    arm += made
    return zero
