"""The reasons for the decisions of mixed mode, as the header of an emitted module states them."""

from __future__ import annotations

from collections.abc import Iterable

from fadc.analyses.sizes import total
from fadc.plan.costs import (
    ALONE,
    JACOBIAN,
    PUSHFORWARD,
    Task,
    alone,
    amount_of,
)
from fadc.plan.prefixes import Prefix
from fadc.plan.prices import Cost, is_never_more, price
from fadc.plan.stages import Stage
from fadc.plan.units import title_of


def reason_of(stage: Stage, choice: str, task: Task) -> str:
    """The reason for a decision, as a phrase for the header."""
    if not stage.is_active:
        return "carries no derivative"
    if choice == PUSHFORWARD:
        told = ", as told" if stage in task.given else ""
        return f"pushed forward: {_pushed(stage)} with the primals{told}"
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
    symbols = _open_symbols([alone(stage, each) for each in ALONE], task)
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
    return all(amount_of(alone(stage, choice), task) is not None for choice in ALONE)


def _open_symbols(costs: Iterable[Cost], task: Task) -> list[str]:
    """The symbols in costs that have no size."""
    priced = [price(cost, task.prices, task.dims) for cost in costs]
    return sorted({symbol for found in priced for symbols in found for symbol in symbols})


def _sizes(symbols: Iterable[str]) -> str:
    return f"--dim {','.join(f'{symbol}=…' for symbol in symbols)}"


def open_question(prefix: Prefix, tangents: Cost, costs: tuple[Cost, Cost], task: Task) -> str:
    """What might be pushed forward if sizes were known; empty if no question is open.

    ``tangents`` is what would be sent in that case; ``costs`` are those of that plan and of the
    chosen one.
    """
    symbols = _open_symbols(costs, task)
    pushed, chosen = (price(cost, task.prices, task.dims) for cost in costs)
    if not symbols or is_never_more(chosen, pushed):
        return ""
    return (
        f"tangents pushed forward through {_through(prefix)} instead would be {tangents.down} down and"
        f" {tangents.up} up in the primal's rounds, and {_sizes(symbols)} decides"
    )


def _through(prefix: Prefix) -> str:
    """The units of a prefix, in short."""
    titles = [title_of(call) for unit in prefix.units for call in unit.calls]
    titles += [unit.title for unit in prefix.units if not (unit.own or unit.calls)]
    found = sorted({stage.number for unit in prefix.units for stage in unit.own})
    numbers = [str(number) for number in found]
    numbered = [f"stage{'s' * (len(numbers) > 1)} {_listed(numbers)}"] if numbers else []
    return _listed([*numbered, *titles])


def _listed(parts: list[str]) -> str:
    """The parts with commas and a last `and` between them."""
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def _pushed(stage: Stage) -> str:
    """The tangents of a stage, as a phrase."""
    return f"{total(stage.tangents_down.values())} down and {stage.tangents_up} up"
