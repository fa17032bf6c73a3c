"""The costs of stages beyond the primal: pulled back, accumulated, or pushed forward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fadc.analyses.sizes import number, total
from fadc.plan.prices import Cost, Prices, price
from fadc.plan.stages import Section, Stage

PULLBACK, JACOBIAN, PUSHFORWARD = "pullback", "jacobian", "pushforward"
CHOICES = (PULLBACK, JACOBIAN, PUSHFORWARD)

ALONE = (JACOBIAN, PULLBACK)
"""The choices for a stage that do not depend on other stages."""

Assignment = Mapping[Stage, str]


@dataclass(frozen=True)
class Task:
    """The task of a plan: prices, sizes of symbols, and the given choices.

    ``can_pull`` is whether there is a mechanism for uploading cotangents.
    """

    prices: Prices = field(default_factory=Prices)
    dims: Mapping[str, int] = field(default_factory=dict)
    given: Assignment = field(default_factory=dict)
    can_pull: bool = True


def amount_of(cost: Cost, task: Task) -> float | None:
    """A cost as a number; None if a symbol has no size."""
    found = price(cost, task.prices, task.dims)
    return found.get((), 0.0) if all(symbols == () for symbols in found) else None


def cost_of(section: Section, assignment: Assignment) -> Cost:
    """The cost of a section's derivative beyond the primal, each time that its block runs.

    Uploads to one value are added at the clients and sent once. Stages whose cotangents are known
    at the same time share a round. Tangents are sent in the primal's own messages.
    """
    chosen = {choice: list[Stage]() for choice in CHOICES}
    for stage in section.stages:
        if stage.is_active and stage in assignment:
            chosen[assignment[stage]].append(stage)
    pulled, accumulated, pushed = (chosen[choice] for choice in CHOICES)
    up = {by: size for stage in pulled for by, size in stage.up.items()}
    tangents = {by: size for stage in pushed for by, size in stage.tangents_down.items()}
    return Cost(
        total((*up.values(), *(s.jacobian for s in accumulated), *(s.tangents_up for s in pushed))),
        total((*(stage.down for stage in pulled), *tangents.values())),
        number(_rounds(section, pulled)),
    )


def alone(stage: Stage, choice: str) -> Cost:
    """The cost of a stage beyond the primal if it shares nothing with others."""
    if choice == JACOBIAN:
        return Cost(up=stage.jacobian)
    return Cost(total(stage.up.values()), stage.down, number(1))


class Amounts:
    """The costs of one section's plans as numbers, if all sizes are known, without pushed stages.

    The cost of each stage by itself is computed once.
    """

    def __init__(self, section: Section, task: Task) -> None:
        self.section, self.round = section, task.prices.round
        active = [stage for stage in section.stages if stage.is_active]
        self.jacobians = {s: _number(Cost(up=s.jacobian), task) for s in active}
        self.downs = {s: _number(Cost(down=s.down), task) for s in active}
        self.ups = {
            s: {by: _number(Cost(up=size), task) for by, size in s.up.items()} for s in active
        }

    def whole(self, assignment: Assignment) -> float:
        """The price of a plan."""
        chosen = [stage for stage in self.jacobians if assignment.get(stage) in ALONE]
        pulled = [stage for stage in chosen if assignment[stage] == PULLBACK]
        up = {by: amount for stage in pulled for by, amount in self.ups[stage].items()}
        jacobians = (self.jacobians[s] for s in chosen if assignment[s] == JACOBIAN)
        rounds = _rounds(self.section, pulled)
        downs = (self.downs[stage] for stage in pulled)
        return sum(up.values()) + sum(downs) + sum(jacobians) + rounds * self.round


def _number(cost: Cost, task: Task) -> float:
    amount = amount_of(cost, task)
    assert amount is not None
    return amount


def _rounds(section: Section, pulled: Sequence[Stage]) -> int:
    """The rounds of the reverse sweep in which stages are pulled back."""
    depth = _depth(section, {stage.node for stage in pulled})
    return len({depth[stage.node] for stage in pulled})


def _depth(section: Section, pulled: set[int]) -> list[int]:
    """For each node, the number of rounds of the reverse sweep before its cotangents are known."""
    stages = {stage.node for stage in section.stages}
    depth = [0] * len(section.upstream)
    for node in reversed(range(len(depth))):
        waits = node in pulled or node not in stages
        for earlier in section.nearest[node]:
            depth[earlier] = max(depth[earlier], depth[node] + waits)
    return depth
