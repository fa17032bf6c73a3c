"""What a reverse branch reads in the arms of its primal branch becomes a result of the latter.

branch 1 %c {                                    branch 1 %c {
  %v = …                                           %v = …
} else { … }                                     } else { … }
                                 becomes         %v.2 = %v | None
branch 1 %c {                                    branch 1 %c {
  … %v                                             … %v.2
} else { … }                                     } else { … }
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fadc.analyses.crossing import crossing, together
from fadc.ir import NONE, Block, Branch, Choice, Tree, Value, rebuild, substitute

SIDES = ("then", "orelse")


def hand_over_branch(first: Branch, second: Branch) -> tuple[Branch, Branch]:
    """Both branches; the second no longer reads anything inside the first."""
    for side in SIDES:
        forward: Block = getattr(first, side)
        arms = [getattr(choice, side) for choice in second.choices]
        ends = [arm for arm in arms if arm is not None]
        crossed = crossing(forward, getattr(second, side), ends, ())
        renamed = {value: replace(value) for value in together(crossed, forward)}
        out = tuple(handed_out(value, new, side) for value, new in renamed.items())
        first = replace(first, choices=(*first.choices, *out))
        second = _reading(second, side, renamed)
    return first, second


def handed_out(inner: Tree, output: Value, side: str) -> Choice:
    """A choice that makes a value of one arm a result of the branch; the other arm gives None."""
    return Choice(inner, NONE, output) if side == "then" else Choice(NONE, inner, output)


def _reading(branch: Branch, side: str, renamed: Mapping[Value, Value]) -> Branch:
    """A branch in which one arm reads other values."""

    def change(value: Value) -> Tree:
        return renamed.get(value, value)

    def end(arm: Tree | None) -> Tree | None:
        return None if arm is None else rebuild(arm, change)

    choices = tuple(
        replace(each, then=end(each.then))
        if side == "then"
        else replace(each, orelse=end(each.orelse))
        for each in branch.choices
    )
    arm = substitute(getattr(branch, side), change)
    return with_arm(replace(branch, choices=choices), side, arm)


def with_arm(branch: Branch, side: str, arm: Block) -> Branch:
    """A branch with one arm replaced."""
    return replace(branch, then=arm) if side == "then" else replace(branch, orelse=arm)
