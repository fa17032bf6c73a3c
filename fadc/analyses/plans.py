"""Plans of mixed mode: which stages accumulate their Jacobians and which are pulled back.

In a chain the costs of the stages add up, so the dynamic programme over it decides each stage for
itself. Stages beside each other share rounds and uploads: there all plans are searched, and a
branch of the search is left as soon as its bytes alone cost more than the best plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fadc.analyses.plan_costs import (
    CHOICES,
    JACOBIAN,
    PULLBACK,
    PUSHFORWARD,
    Assignment,
    alone,
    cost_of,
    pushed_cost,
)
from fadc.analyses.prices import Cost, Prices, is_never_more, price
from fadc.analyses.sizes import total
from fadc.analyses.stages import Section, Stage
from fadc.ir import Value

SEARCHED = 12
"""The most stages of one block whose plans are all searched; more are improved one by one."""


@dataclass(frozen=True)
class Task:
    """What a plan is made for: prices, the sizes of symbols, and the choices that are given.

    ``can_pull`` is whether there is a mechanism for cotangents on their way up. ``seed`` is the
    one scalar input whose tangent can be pushed forward instead, if the result is a scalar, too.
    """

    prices: Prices = field(default_factory=Prices)
    dims: Mapping[str, int] = field(default_factory=dict)
    given: Assignment = field(default_factory=dict)
    can_pull: bool = True
    seed: Value | None = None
    told_to_push: bool = False


@dataclass(frozen=True)
class Decision:
    """What becomes of a stage, and why, as a phrase behind its title."""

    stage: Stage
    choice: str
    reason: str


def decide(sections: Iterable[Section], task: Task) -> tuple[Decision, ...]:
    """A decision for each stage, in the order of their numbers."""
    chosen = {section: cheapest(section, task) for section in sections}
    assignment = {stage: c for found in chosen.values() for stage, c in found.items()}
    if task.told_to_push or _is_better_pushed(chosen, task):
        assignment = {s: PUSHFORWARD if s.is_active else PULLBACK for s in assignment}
    ordered = sorted(assignment, key=lambda stage: stage.number)
    return tuple(Decision(s, assignment[s], _reason(s, assignment[s], task)) for s in ordered)


Chosen = Mapping[Section, Assignment]


def _is_better_pushed(chosen: Chosen, task: Task) -> bool:
    """Whether pushing the seed's tangent through all stages is proven to cost less."""
    if task.seed is None or task.given:
        return False
    stages = [stage for found in chosen.values() for stage in found if stage.is_active]
    if not task.can_pull and any(stage.obstacle is not None for stage in stages):
        return True
    pushed, best = whole_costs(chosen, task)
    amounts = _amount(pushed, task), _amount(best, task)
    if amounts[0] is not None and amounts[1] is not None:
        return amounts[0] < amounts[1]
    prices = [price(cost, task.prices, task.dims) for cost in (pushed, best)]
    return is_never_more(prices[0], prices[1])


def whole_costs(chosen: Chosen, task: Task) -> tuple[Cost, Cost]:
    """What all sections cost in a run: pushed forward, and by their assignments."""
    pushed, best = Cost(), Cost()
    for section, assignment in chosen.items():
        pushed += pushed_cost(section, task.seed).times(section.trips)
        best += cost_of(section, assignment).times(section.trips)
    return pushed, best


def open_question(decisions: Iterable[Decision], sections: Iterable[Section], task: Task) -> str:
    """What would be pushed forward if sizes were known; empty where nothing is open."""
    choices = {decision.stage: decision.choice for decision in decisions}
    if task.seed is None or task.given or PUSHFORWARD in choices.values():
        return ""
    pushed, best = whole_costs({s: {t: choices[t] for t in s.stages} for s in sections}, task)
    symbols = _open_symbols((pushed, best), task)
    if not symbols:
        return ""
    return (
        f"the tangent of `{task.seed.name}` pushed forward instead would be {pushed.up} up and"
        f" {pushed.down} down in the primal's rounds, and {_sizes(symbols)} decides"
    )


def _amount(cost: Cost, task: Task) -> float | None:
    """A cost as a number; None where a symbol has no size."""
    found = price(cost, task.prices, task.dims)
    return found.get((), 0.0) if all(symbols == () for symbols in found) else None


# Choices ---------------------------------------------------------------------------------------


def cheapest(section: Section, task: Task) -> dict[Stage, str]:
    """The cheapest assignment; where symbols leave it open, one that is never worse than reverse."""
    fixed = {s: task.given.get(s, PULLBACK) for s in section.stages if not _is_open(s, task)}
    chosen = {s: _choice_alone(s, task) for s in section.stages if s not in fixed}
    assignment = {**fixed, **chosen}
    everything = {stage: PULLBACK for stage in section.stages}
    if not task.can_pull:
        return {**fixed, **dict.fromkeys(chosen, JACOBIAN)}
    known = _amount(cost_of(section, everything), task) is not None and all(
        _amount(Cost(up=stage.jacobian), task) is not None for stage in section.stages
    )
    if section.is_chain or not known:
        return assignment
    if len(chosen) <= SEARCHED:
        return _Search(section, task, fixed, list(chosen)).best(assignment)
    return _improved(section, task, assignment, list(chosen))


def _is_open(stage: Stage, task: Task) -> bool:
    return stage.is_free and stage not in task.given


def _choice_alone(stage: Stage, task: Task) -> str:
    """The choice for a stage that shares nothing; the Jacobian of a scalar saves a round for nothing."""
    is_cheaper = is_never_more(*(price(alone(stage, c), task.prices, task.dims) for c in _ORDER))
    return JACOBIAN if stage.scalar or is_cheaper else PULLBACK


_ORDER = (JACOBIAN, PULLBACK)


@dataclass
class _Search:
    """Branch and bound over the choices of some stages; the others are fixed."""

    section: Section
    task: Task
    fixed: dict[Stage, str]
    stages: list[Stage]

    def best(self, start: dict[Stage, str]) -> dict[Stage, str]:
        """The cheapest assignment, the one to start from if no other is cheaper."""
        self.found, self.amount = start, self._whole(start)
        self._extend(dict(self.fixed), 0)
        return self.found

    def _extend(self, partial: dict[Stage, str], index: int) -> None:
        if self._bytes(partial) >= self.amount:
            return
        if index == len(self.stages):
            amount = self._whole(partial)
            if amount < self.amount:
                self.found, self.amount = partial, amount
            return
        for choice in _ORDER:
            self._extend({**partial, self.stages[index]: choice}, index + 1)

    def _whole(self, assignment: Assignment) -> float:
        amount = _amount(cost_of(self.section, assignment), self.task)
        assert amount is not None
        return amount

    def _bytes(self, partial: Assignment) -> float:
        """What no completion can cost less than: more stages only add bytes."""
        cost = cost_of(self.section, partial)
        amount = _amount(Cost(cost.up, cost.down), self.task)
        assert amount is not None
        return amount


def _improved(
    section: Section, task: Task, start: dict[Stage, str], stages: list[Stage]
) -> dict[Stage, str]:
    """A plan that no other choice for a single stage makes cheaper."""
    search = _Search(section, task, {}, stages)
    everything = ({**start, **dict.fromkeys(stages, choice)} for choice in CHOICES)
    best = min((start, *everything), key=search._whole)
    while True:
        flips = ({**best, s: c} for s in stages for c in CHOICES)
        better = min(flips, key=search._whole)
        if search._whole(better) >= search._whole(best):
            return best
        best = better


# Reasons ---------------------------------------------------------------------------------------


def _reason(stage: Stage, choice: str, task: Task) -> str:
    """Why, as the header says it."""
    if not stage.is_active:
        return "carries no derivative"
    if choice == PUSHFORWARD:
        down = total(size for by, size in stage.up.items() if by is not task.seed)
        told = ", as told" if task.told_to_push else ""
        return f"pushed forward: {down} down and {stage.down} up with the primals{told}"
    if stage in task.given:
        return _as_told(stage, choice)
    if stage.obstacle is not None:
        return f"pulled back, as {stage.obstacle}"
    if not task.can_pull:
        return f"{_sent(stage)}, as no mechanism is named for cotangents"
    if choice == JACOBIAN and stage.scalar:
        return f"{_sent(stage)}, as many as the cotangents would be, and a round less"
    if choice == JACOBIAN:
        return f"{_sent(stage)}, instead of {_pulled(stage)}"
    if _is_known(stage, task):
        return f"pulled back: {_pulled(stage)}; its Jacobian would be {stage.jacobian} up"
    symbols = _open_symbols([alone(stage, each) for each in CHOICES], task)
    return (
        f"pulled back: {_pulled(stage)}; its Jacobian would be {stage.jacobian} up instead, and"
        f" {_sizes(symbols)} decides"
    )


def _as_told(stage: Stage, choice: str) -> str:
    told = _sent(stage) if choice == JACOBIAN else f"pulled back: {_pulled(stage)}"
    return f"{told}, as told"


def _sent(stage: Stage) -> str:
    return f"its Jacobian goes up with it: {stage.jacobian}"


def _pulled(stage: Stage) -> str:
    return f"{stage.down} down, {total(stage.up.values())} up and a round"


def _is_known(stage: Stage, task: Task) -> bool:
    return all(_amount(alone(stage, choice), task) is not None for choice in CHOICES)


def _open_symbols(costs: Iterable[Cost], task: Task) -> list[str]:
    """The symbols of costs that have no size."""
    priced = [price(cost, task.prices, task.dims) for cost in costs]
    return sorted({symbol for found in priced for symbols in found for symbol in symbols})


def _sizes(symbols: Iterable[str]) -> str:
    return f"--dim {','.join(f'{symbol}=…' for symbol in symbols)}"
