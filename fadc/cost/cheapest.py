"""The cheapest plan for a gradient, by the prices of bytes and rounds.

A forward derivative is one directional derivative. A gradient takes as many tangents as the inputs
have elements; these can be sent side by side in the same rounds.
"""

from __future__ import annotations

from dataclasses import dataclass

from fadc.cost.costs import Costs, Row
from fadc.plan.prices import Cost, Price, is_never_more, price


@dataclass(frozen=True)
class Contender:
    """The cost of a whole gradient by one plan; ``amount`` is its price, None if not a number."""

    row: Row
    price: Price

    @property
    def amount(self) -> float | None:
        return self.price.get((), 0.0) if set(self.price) <= {()} else None


@dataclass(frozen=True)
class Cheapest:
    """The plans that no other plan is proven to be cheaper than.

    If `depends` is empty, they cost the same; otherwise the symbols in it decide which is cheapest.
    """

    candidates: tuple[Contender, ...]
    depends: tuple[str, ...]


def cheapest(costs: Costs) -> Cheapest:
    """The plans that no other one is proven to beat."""
    derivatives = [row for row in costs.rows if row.plan is not None]
    scalar = {row.plan for row in derivatives if row.kind == "value_and_grad"}
    found = [
        Contender(row, price(_gradient(row, costs), costs.prices, costs.values.all))
        for row in derivatives
        if row.kind != "vjp" or row.plan not in scalar
    ]
    best = [c for c in found if not any(_is_cheaper(other, c) for other in found)]
    open_ = {
        symbol
        for first in best
        for second in best
        for symbols in {*first.price, *second.price}
        if abs(first.price.get(symbols, 0.0) - second.price.get(symbols, 0.0)) > 0
        for symbol in symbols
    }
    return Cheapest(tuple(best), tuple(sorted(open_)))


def _gradient(row: Row, costs: Costs) -> Cost:
    """The bytes and rounds of a whole gradient."""
    up, down, primal = row.up.width, row.down.width, costs.primal
    if row.kind == "jvp":
        up = primal.up.width + (up - primal.up.width).times(costs.directions)
        down = primal.down.width + (down - primal.down.width).times(costs.directions)
    return Cost(up, down, row.traffic.rounds)


def _is_cheaper(first: Contender, second: Contender) -> bool:
    """Whether the first costs less for all values of the open symbols."""
    return is_never_more(first.price, second.price) and not is_never_more(second.price, first.price)
