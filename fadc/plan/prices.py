"""Prices of bytes up, bytes down and rounds, by which costs can be added up.

The unit is the price of a byte down. A byte up costs three: the uplink of home connections has
about a third of the rate of their downlink (55.0 against 18.9 Mbit/s, the average of broadband in
the United States in 2016 by speedtest.net, as quoted by Konečný et al., *Federated Learning:
Strategies for Improving Communication Efficiency*, 2016, §1). A round costs ten million: what such
a connection downloads in about 1.5 seconds, a low estimate of the wait for the slowest client
(Bonawitz et al., *Towards Federated Learning at Scale: System Design*, 2019, §8, have rounds of two
to three minutes).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from math import comb, gcd

from fadc.analyses.evaluation import symbol_value
from fadc.analyses.sizes import Monomial, Size, total


@dataclass(frozen=True)
class Prices:
    """The price of a byte up, of a byte down and of a round; or of array elements instead of bytes."""

    up: float = 3.0
    down: float = 1.0
    round: float = 10_000_000.0

    def of_elements(self, width: int) -> Prices:
        """The prices of array elements with a number of bytes each."""
        return replace(self, up=self.up * width, down=self.down * width)

    def __str__(self) -> str:
        return ", ".join(f"{each.name}={getattr(self, each.name):g}" for each in fields(self))


@dataclass(frozen=True)
class Cost:
    """Array elements (or bytes) up and down per client, and rounds."""

    up: Size = field(default_factory=Size)
    down: Size = field(default_factory=Size)
    rounds: Size = field(default_factory=Size)

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.up + other.up, self.down + other.down, self.rounds + other.rounds)

    def times(self, factor: Size) -> Cost:
        return Cost(self.up.times(factor), self.down.times(factor), self.rounds.times(factor))

    @property
    def symbols(self) -> tuple[str, ...]:
        found = {*self.up.symbols, *self.down.symbols, *self.rounds.symbols}
        return tuple(sorted(found))


def total_cost(costs: Iterable[Cost]) -> Cost:
    """The sum of many costs."""
    found = tuple(costs)
    return Cost(
        total(each.up for each in found),
        total(each.down for each in found),
        total(each.rounds for each in found),
    )


Price = Mapping[Monomial, float]
"""A sum of products of symbols, each with its coefficient."""


def price(cost: Cost, prices: Prices, dims: Mapping[str, int]) -> Price:
    """The price of a cost: coefficients of products of symbols; sizes in ``dims`` are put in."""
    found: dict[Monomial, float] = {}
    weighted = ((cost.up, prices.up), (cost.down, prices.down), (cost.rounds, prices.round))
    for size, weight in weighted:
        for symbols, count in size.terms.items():
            amount, rest = weight * count, list[str]()
            for each in symbols:
                value = symbol_value(each, dims)
                amount, rest = (amount, [*rest, each]) if value is None else (amount * value, rest)
            found[tuple(rest)] = found.get(tuple(rest), 0.0) + amount
    return found


def is_never_more(first: Price, second: Price) -> bool:
    """Whether the first is proven not to exceed the second, for all values of symbols from 1 on.

    The proof: with s = 1 + t for each symbol s, the difference has no negative coefficient.
    """
    every = {m: second.get(m, 0.0) - first.get(m, 0.0) for m in {**second, **first}}
    difference = {monomial: amount for monomial, amount in every.items() if amount}
    amounts = list(difference.values())
    coefficients = [
        most * sum(weight * amounts[index] for index, weight in row)
        for row, most in _rows(tuple(difference)).items()
    ]
    scale = max(map(abs, coefficients), default=0.0)
    return all(coefficient >= -1e-9 * scale for coefficient in coefficients)


Row = tuple[tuple[int, int], ...]
"""For a product of the t: the monomials whose expansions contain it, with its coefficients."""


def _rows(monomials: tuple[Monomial, ...]) -> dict[Row, int]:
    """The rows of all products, those that are multiples of each other once, with the largest factor.

    So the iterations of many loops around everything count as those of one: ``r·d`` and ``q·r·d`` have the
    same rows as ``r`` and ``q·r``.
    """
    powers = tuple(map(Counter, monomials))
    found: dict[tuple[Row, str], int] = {}
    waiting = [(tuple((index, 1) for index in range(len(monomials))), "", 1)]
    while waiting:
        row, last, most = waiting.pop()
        if most > found.get((row, last), 0):
            found[row, last] = most
            waiting += (
                (smaller, symbol, most * factor)
                for smaller, symbol, factor in _multiplied(row, last, powers)
            )
    rows: dict[Row, int] = {}
    for (row, _), most in found.items():
        rows[row] = max(rows.get(row, 0), most)
    return rows


def _multiplied(
    row: Row, last: str, powers: tuple[Counter[str], ...]
) -> Iterator[tuple[Row, str, int]]:
    """The rows of a product times powers of one more symbol, divided by what they have in common."""
    having: dict[str, list[tuple[int, int, int]]] = {}
    for index, weight in row:
        for symbol, power in powers[index].items():
            if symbol > last:
                having.setdefault(symbol, []).append((index, weight, power))
    for symbol, entries in having.items():
        for taken in range(1, max(power for *_, power in entries) + 1):
            parts = [(i, w * comb(power, taken)) for i, w, power in entries if power >= taken]
            common = gcd(*(weight for _, weight in parts))
            yield tuple((i, weight // common) for i, weight in parts), symbol, common
