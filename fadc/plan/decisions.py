"""Plans of mixed mode: which stages are pushed forward, accumulated or pulled back.

In a chain the costs of the stages add up, so each stage is decided by itself. Parallel stages share
rounds and uploads: there all plans are searched, and a branch of the search is left as soon as its
bytes alone cost more than the best plan. Both are done for the stages after each prefix through
which tangents can be pushed forward.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from fadc.plan.costs import (
    ALONE,
    JACOBIAN,
    PULLBACK,
    PUSHFORWARD,
    Amounts,
    Assignment,
    Task,
    alone,
    amount_of,
    cost_of,
)
from fadc.plan.prefixes import Prefix
from fadc.plan.prices import Cost, Price, is_never_more, price, total_cost
from fadc.plan.reasons import open_question, reason_of
from fadc.plan.stages import Section, Stage

SEARCHED = 12
"""The most stages of one block for which all plans are searched; more are improved one by one."""


@dataclass(frozen=True)
class Decision:
    """How a stage is differentiated, and the reason, as a phrase that follows its title."""

    stage: Stage
    choice: str
    reason: str


@dataclass(frozen=True)
class PrefixPlan:
    """The cheapest plan that pushes forward through a prefix, with its cost and its price."""

    prefix: Prefix
    assignment: Assignment
    cost: Cost
    price: Price


@dataclass(frozen=True)
class Alone:
    """The choices of stages that share nothing, and the stages whose Jacobians have known sizes.

    ``plans`` caches, for sections of which some stages are pushed forward, the choices and their
    cost in a run.
    """

    choices: Assignment
    sized: frozenset[Stage]
    plans: dict[tuple[Section, frozenset[Stage]], tuple[Assignment, Cost]]


@dataclass(frozen=True)
class Decided:
    """The chosen prefix, a decision for each stage in order, and an open question."""

    prefix: Prefix
    decisions: tuple[Decision, ...]
    question: str


def decide(
    sections: Iterable[Section],
    task: Task,
    prefixes: Iterable[Prefix] = (Prefix(),),
    asked: Prefix | None = None,
) -> Decided:
    """The cheapest plan of those that push forward through one of the prefixes, smaller ones first.

    If nothing is pushed, the question is whether the prefix ``asked`` might be.
    """
    sections = tuple(sections)
    known = _alone(sections, task)
    candidates = [_candidate(sections, task, prefix, known) for prefix in prefixes]
    best = candidates[0]
    for candidate in candidates[1:]:
        if _is_better(candidate, best, task):
            best = candidate
    stages = [stage for section in sections if section.call is None for stage in section.stages]
    chosen = [(s, best.assignment[s]) for s in sorted(stages, key=lambda s: s.number)]
    decisions = tuple(Decision(s, c, reason_of(s, c, task)) for s, c in chosen)
    question = ""
    if asked is not None and not best.prefix.units and not task.given:
        costs = _candidate(sections, task, asked, known).cost, best.cost
        question = open_question(asked, tangents_of(sections, asked), costs, task)
    return Decided(best.prefix, decisions, question)


def tangents_of(sections: Iterable[Section], prefix: Prefix) -> Cost:
    """The cost of a prefix's tangents in a run."""
    pushed = dict.fromkeys(prefix.stages, PUSHFORWARD)
    return total_cost(cost_of(section, pushed).times(section.trips) for section in sections)


def _candidate(
    sections: tuple[Section, ...], task: Task, prefix: Prefix, known: Alone
) -> PrefixPlan:
    assignment: dict[Stage, str] = {}
    costs: list[Cost] = []
    stages = prefix.stages
    for section in sections:
        key = section, stages.intersection(section.stages)
        if key not in known.plans:
            chosen = cheapest(section, task, known, key[1])
            known.plans[key] = chosen, cost_of(section, chosen).times(section.trips)
        assignment |= known.plans[key][0]
        costs.append(known.plans[key][1])
    cost = total_cost(costs)
    return PrefixPlan(prefix, assignment, cost, price(cost, task.prices, task.dims))


def _is_better(first: PrefixPlan, second: PrefixPlan, task: Task) -> bool:
    """Whether the first is proven to cost less, or the second is not possible."""
    if not task.can_pull and _pulls(first) != _pulls(second):
        return _pulls(second)
    if set(first.price) | set(second.price) <= {()}:
        return first.price.get((), 0.0) < second.price.get((), 0.0)
    return is_never_more(first.price, second.price) and not is_never_more(second.price, first.price)


def _pulls(candidate: PrefixPlan) -> bool:
    """Whether a plan needs a mechanism for uploading cotangents."""
    return any(s.is_active and c == PULLBACK for s, c in candidate.assignment.items())


# Choices ---------------------------------------------------------------------------------------


def _alone(sections: tuple[Section, ...], task: Task) -> Alone:
    stages = [stage for section in sections for stage in section.stages]
    choices = {stage: _choice_alone(stage, task) for stage in stages}
    sized = (s for s in stages if amount_of(Cost(up=s.jacobian), task) is not None)
    return Alone(choices, frozenset(sized), {})


def cheapest(
    section: Section, task: Task, alone: Alone, pushed: Collection[Stage]
) -> dict[Stage, str]:
    """The cheapest assignment of those that push forward through the given stages.

    If symbols leave it open, one that is never worse than pulling the others back.
    """
    fixed = _fixed(section, task, pushed)
    chosen = {s: alone.choices[s] for s in section.stages if s not in fixed}
    assignment = {**fixed, **chosen}
    everything = {**dict.fromkeys(section.stages, PULLBACK), **fixed}
    if not task.can_pull:
        return {**fixed, **dict.fromkeys(chosen, JACOBIAN)}
    if section.is_chain or not alone.sized.issuperset(section.stages):
        return assignment
    if amount_of(cost_of(section, everything), task) is None:
        return assignment
    if len(chosen) <= SEARCHED:
        return _Search(section, task, fixed, list(chosen)).best(assignment)
    return _improved(section, task, assignment, list(chosen))


def _fixed(section: Section, task: Task, pushed: Collection[Stage]) -> dict[Stage, str]:
    """The choices that are fixed; stages of called computations have no choice."""
    found: dict[Stage, str] = {}
    for stage in section.stages:
        if stage in pushed:
            found[stage] = PUSHFORWARD if stage.is_active else PULLBACK
        elif stage in task.given or not stage.is_free or section.call is not None:
            found[stage] = task.given.get(stage, PULLBACK)
    return found


def _choice_alone(stage: Stage, task: Task) -> str:
    """The choice for a stage that shares nothing; a scalar's Jacobian saves a round at no cost."""
    is_cheaper = is_never_more(*(price(alone(stage, c), task.prices, task.dims) for c in ALONE))
    return JACOBIAN if stage.scalar or is_cheaper else PULLBACK


@dataclass
class _Search:
    """Branch and bound over the choices of some stages; the others are fixed."""

    section: Section
    task: Task
    fixed: dict[Stage, str]
    stages: list[Stage]

    def best(self, start: dict[Stage, str]) -> dict[Stage, str]:
        """The cheapest assignment; the initial one if no other is cheaper."""
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
        for choice in ALONE:
            self._extend({**partial, self.stages[index]: choice}, index + 1)

    def _whole(self, assignment: Assignment) -> float:
        amount = amount_of(cost_of(self.section, assignment), self.task)
        assert amount is not None
        return amount

    def _bytes(self, partial: Assignment) -> float:
        """A lower bound for all completions: more stages only add bytes."""
        cost = cost_of(self.section, partial)
        amount = amount_of(Cost(cost.up, cost.down), self.task)
        assert amount is not None
        return amount


def _improved(
    section: Section, task: Task, start: dict[Stage, str], stages: list[Stage]
) -> dict[Stage, str]:
    """A plan that no other choice for a single stage makes cheaper.

    Each stage in turn takes the other choice if that is cheaper, until none changes.
    """
    amounts = Amounts(section, task)
    everything = ({**start, **dict.fromkeys(stages, choice)} for choice in ALONE)
    best = min((dict(start), *everything), key=amounts.whole)
    amount, left = amounts.whole(best), len(stages)
    for stage in itertools.cycle(stages):
        if not left:
            break
        before = best[stage]
        best[stage] = PULLBACK if before == JACOBIAN else JACOBIAN
        found = amounts.whole(best)
        if found < amount:
            amount, left = found, len(stages)
        else:
            best[stage], left = before, left - 1
    return best
