"""The user's choices for stages (``--accumulate``), and the prefixes consistent with them."""

from __future__ import annotations

from fadc.derive.request import Request
from fadc.errors import UsageError
from fadc.plan.costs import JACOBIAN, PUSHFORWARD
from fadc.plan.prefixes import Prefix
from fadc.plan.stages import Section, Stage
from fadc.plan.units import Unit


class Overrides:
    """The user's choices by stage; ``every`` is the choice for the stages that are not named."""

    def __init__(
        self, sections: tuple[Section, ...], units: tuple[Unit, ...], request: Request
    ) -> None:
        self.units = units
        self.every = dict(request.accumulate).get("all")
        own = [section for section in sections if section.call is None]
        stages = sorted((s for section in own for s in section.stages), key=lambda s: s.number)
        self.given: dict[Stage, str] = {}
        for name, choice in request.accumulate:
            if name == "all":
                chosen = [s for s in stages if s.is_active and (s.is_free or choice != JACOBIAN)]
                self.given.update(dict.fromkeys(chosen, choice))
            else:
                self.given[_checked(_named(stages, name), choice)] = choice

    def admitted(self, prefixes: tuple[Prefix, ...], has_tangents: bool) -> tuple[Prefix, ...]:
        """The prefixes consistent with the choices. Raises UsageError if there are none."""
        pushed = {stage for stage, choice in self.given.items() if choice == PUSHFORWARD}
        every = self.every == PUSHFORWARD
        told = [unit for unit in self.units if every or pushed.intersection(unit.stages)]
        needed = {number for unit in told for number in unit.before}
        needed |= {number for number, unit in enumerate(self.units) if unit in told}
        wanted = [self.units[number] for number in sorted(needed)]
        for unit in (*told, *wanted):
            self._check(unit, told)
        found = [
            prefix
            for prefix in prefixes
            if set(wanted) <= set(prefix.units)
            and all(unit in wanted or self._may_be_pushed(unit) for unit in prefix.units)
        ]
        possible = [prefix for prefix in found if prefix.obstacle is None]
        if not possible:
            reason = found[0].obstacle if found else "too many stages could be pushed otherwise"
            raise UsageError(f"{wanted[-1].title} cannot be pushed forward: {reason}")
        return tuple(possible) if has_tangents else (possible[0],)

    def _may_be_pushed(self, unit: Unit) -> bool:
        """Whether no choice of the user for a unit excludes pushing it forward."""
        if unit.calls and self.every not in (None, PUSHFORWARD):
            return False
        return all(self.given.get(stage, PUSHFORWARD) == PUSHFORWARD for stage in unit.stages)

    def _check(self, unit: Unit, told: list[Unit]) -> None:
        if unit.obstacle is not None:
            raise UsageError(f"{unit.title} cannot be pushed forward: {unit.obstacle}")
        for stage in unit.stages:
            if self.given.get(stage, PUSHFORWARD) != PUSHFORWARD:
                title = next(each.title for each in told if each is unit or self._leads(unit, each))
                raise UsageError(f"{title} cannot be pushed forward where {stage.title} is not")

    def _leads(self, first: Unit, second: Unit) -> bool:
        return self.units.index(first) in second.before


def _checked(stage: Stage, choice: str) -> Stage:
    """The stage, if it admits the choice. Raises UsageError otherwise."""
    if not stage.is_active:
        raise UsageError(f"{stage.title} carries no derivative")
    if choice == JACOBIAN and stage.obstacle is not None:
        raise UsageError(f"{stage.title} has to be pulled back: {stage.obstacle}")
    return stage


def _named(stages: list[Stage], name: str) -> Stage:
    """The stage that a number, ``stage 2`` or ``2``, or the name of an upload refers to."""
    label = name.removeprefix("stage").strip().strip("`")
    numbered = [stage for stage in stages if str(stage.number) == label]
    found = numbered or [stage for stage in stages if label in stage.names]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(stage.title for stage in found or stages) or "none"
    problem = "several stages" if found else "no stage"
    raise UsageError(f"there is {problem} `{name}`: {listed}")
