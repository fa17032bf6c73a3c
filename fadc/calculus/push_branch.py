"""The pushforward of a branch: the branch with the tangents in its arms.

branch %c {                      branch %c {
  … %a                             … %a, %a_dot
} else {              becomes    } else {
  … %b                             … %b, %b_dot
}                                }
%r = %a | %b                     %r = %a | %b
                                 %r_dot = %a_dot | %b_dot
"""

from __future__ import annotations

from collections.abc import Callable

from fadc.calculus import table
from fadc.calculus.tangents import Tangents
from fadc.ir import NONE, Block, Branch, Choice, Tree
from fadc.ir.builder import Builder


def push_branch(
    build: Builder, branch: Branch, directions: list[Tangents], push: Callable[[Block], Block]
) -> None:
    """The pushforward of one branch; ``push`` gives those of its arms."""
    chosen = [(e, c) for e in directions for c in branch.choices if e.active(c.output)]
    arms = []
    for block, side in ((branch.then, "then"), (branch.orelse, "orelse")):
        with build.collecting() as arm:
            arm += push(block)
            trees = [getattr(choice, side) for _, choice in chosen]
            dots: list[Tree | None] = [
                tree if tree in (None, NONE) else each.tangent(build, tree, choice.output)
                for tree, (each, choice) in zip(trees, chosen, strict=True)
            ]
        arms.append((tuple(arm), dots))
    (then, then_dots), (orelse, orelse_dots) = arms
    choices = [
        Choice(first, second, each.dot_of(choice.output))
        for first, second, (each, choice) in zip(then_dots, orelse_dots, chosen, strict=True)
    ]
    table.push_branch(build, branch, then, orelse, choices)
