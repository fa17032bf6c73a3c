"""What stages cost beyond the primal: pulled back, accumulated, or pushed forward all together."""

from __future__ import annotations

from collections.abc import Mapping

from fadc.analyses.prices import Cost
from fadc.analyses.sizes import number, total
from fadc.analyses.stages import Section, Stage
from fadc.ir import Value

PULLBACK, JACOBIAN, PUSHFORWARD = "pullback", "jacobian", "pushforward"
CHOICES = (PULLBACK, JACOBIAN)
"""What a stage can do by itself; pushing forward is for all of them together."""

Assignment = Mapping[Stage, str]


def cost_of(section: Section, assignment: Assignment) -> Cost:
    """What a section's derivative costs beyond the primal, each time that its block runs.

    Uploads to one value are added at the clients and sent once. Stages whose cotangents are known at
    the same time share a round.
    """
    pulled = [s for s in section.stages if s.is_active and assignment.get(s) == PULLBACK]
    up = {value: size for stage in pulled for value, size in stage.up.items()}
    jacobians = [s.jacobian for s in section.stages if assignment.get(s) == JACOBIAN]
    depth = _depth(section, {stage.node for stage in pulled})
    return Cost(
        total((*up.values(), *jacobians)),
        total(stage.down for stage in pulled),
        number(len({depth[stage.node] for stage in pulled})),
    )


def pushed_cost(section: Section, seed: Value | None) -> Cost:
    """What one tangent costs beyond the primal, in the primal's own messages; ones are never sent."""
    active = [stage for stage in section.stages if stage.is_active]
    down = {by: size for stage in active for by, size in stage.up.items() if by is not seed}
    return Cost(up=total(stage.down for stage in active), down=total(down.values()))


def alone(stage: Stage, choice: str) -> Cost:
    """What a stage costs beyond the primal where it shares nothing."""
    if choice == JACOBIAN:
        return Cost(up=stage.jacobian)
    return Cost(total(stage.up.values()), stage.down, number(1))


def _depth(section: Section, pulled: set[int]) -> list[int]:
    """For each node the rounds of the reverse sweep before its cotangents are known."""
    stages = {stage.node for stage in section.stages}
    depth = [0] * len(section.upstream)
    for node in reversed(range(len(depth))):
        waits = node in pulled or node not in stages
        for earlier in section.upstream[node]:
            depth[earlier] = max(depth[earlier], depth[node] + waits)
    return depth
