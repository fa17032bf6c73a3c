"""An audit: the facts about one derivative that a privacy reviewer needs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from fadc.analyses.schedule import Held, Send
from fadc.analyses.sizes import Size
from fadc.audit.certificate import Certificate
from fadc.cost.cheapest import Cheapest
from fadc.cost.costs import Costs, Row, Variant


@dataclass(frozen=True)
class Exchange:
    """One value that crosses, in one computation.

    ``times`` is how often each client sends or receives it in a run; ``before`` how often it is
    sent in the same way in the primal.
    """

    computation: str
    direction: str
    value: Held
    mechanism: str
    primitive: str
    times: Size
    before: Size
    line: int

    @property
    def news(self) -> str:
        """Whether the exchange is new in comparison with the primal."""
        if self.before == Size():
            return "new"
        return "as in the primal" if self.before == self.times else "sent again"

    @property
    def what(self) -> str:
        """The value in words, for the page."""
        name = f"`{self.value.of or self.value.name}`"
        if self.value.role != "value":
            return f"the {self.value.role} of {name}"
        return f"{name}, from `{self.value.origin}`" if self.value.origin else name


@dataclass(frozen=True)
class Audit:
    """Everything on the page. ``links`` maps lines of the emitted text to lines of the source."""

    path: str
    plan: Variant
    primal: Row
    rows: tuple[Row, ...]
    costs: Costs
    best: Cheapest
    certificate: Certificate
    source: str
    emitted: str

    @property
    def links(self) -> dict[int, int]:
        return linked_lines(self.emitted)

    def exchanges(self, direction: str) -> tuple[Exchange, ...]:
        """The exchanges in one direction in the derived computations."""
        before = crossings([self.primal])
        return tuple(
            Exchange(
                *key[:2], held, key[3], send.primitive, times, _known(before, key), _line(send)
            )
            for key, (held, send, times) in crossings(self.rows).items()
            if key[1] == direction
        )


Key = tuple[str, str, tuple[str, str, str], str]
Crossings = dict[Key, tuple[Held, Send, Size]]


def crossings(rows: Sequence[Row]) -> Crossings:
    """The values that cross, each once, with the number of times."""
    found: Crossings = {}
    for row in rows:
        for send in row.schedule.sends:
            for held in send.items:
                identity = (held.role, held.of, str(held.size))
                key = (row.name, send.direction, identity, send.mechanism)
                _, first, times = found.get(key, (held, send, Size()))
                found[key] = (held, first, times + send.count)
    return found


def _known(before: Crossings, key: Key) -> Size:
    """How often the same value crosses in the same way in the primal."""
    times = (found[2] for known, found in before.items() if known[1:] == key[1:])
    return next(times, Size())


def _line(send: Send) -> int:
    return send.span.start_line


_COMMENT = re.compile(r"\s*# Line (\d+): ")
_OTHER = re.compile(r"\s*(# (Primal|Reverse) sweep\.|return\b|def |@)|\s*$")


def linked_lines(emitted: str) -> dict[int, int]:
    """For each statement of a reverse sweep, the source line whose pullback it is."""
    links: dict[int, int] = {}
    origin: int | None = None
    for number, line in enumerate(emitted.split("\n"), start=1):
        if comment := _COMMENT.match(line):
            origin = int(comment[1])
        elif _OTHER.match(line):
            origin = None
        if origin is not None:
            links[number] = origin
    return links


def drop_out(row: Row) -> str:
    """The effect on the result of a client that drops out between two rounds."""
    if row.same_clients == "no":
        return (
            "There is one round: a client that drops out has not answered at all, and the result is "
            "that of the others if the aggregation leaves it out."
        )
    if row.memory:
        return (
            "What it keeps is lost with it, and no other client can answer for it: its terms are "
            "missing in the later rounds, while the earlier ones had them. The result is then the "
            "derivative of no program; run the computation again without it, or give it a weight of "
            "zero from the start."
        )
    return (
        "It keeps nothing, so it may come back later and answer then. If it does not, its terms are "
        "missing in the later rounds, while the earlier ones had them, and the result is the "
        "derivative of no program; run the computation again without it."
    )
