"""What an instrumented run says of the messages that a schedule foresees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fadc.analyses.schedule import Alternative, Held, Repeat, Schedule, Send, Steps
from fadc.engines import Message, Record


@dataclass(frozen=True)
class Sizes:
    """The number of elements of each symbol, as a run shows them."""

    values: dict[str, int]

    def see(self, items: tuple[Held, ...], message: Message) -> None:
        """Hold a message against the values that it should consist of."""
        for item, elements in zip(items, _elements(items, message), strict=True):
            assert item.size is not None, f"{item.name} has no size, but is sent"
            if item.size.evaluated(self.values) is None:
                self._learn(list(item.size.terms), elements)
            known, sent = item.size.evaluated(self.values), sum(elements)
            assert known == sent, f"{item.name}: {item.size} = {known}, and {sent} are sent"

    def _learn(self, terms: list[tuple[str, ...]], elements: list[int]) -> None:
        """A symbol for the whole, or one for each part of a tuple."""
        found = elements if len(terms) > 1 else [sum(elements)]
        for (symbol,), count in zip(terms, found, strict=True):
            self.values[symbol] = count


def observe(planned: Schedule, run: Record, values: Mapping[str, int]) -> dict[str, int]:
    """All symbols' values, after every message of the run is found to be the one foreseen.

    `values` are those of annotated dimensions and static names; the others are taken from the
    message that shows them first.
    """
    sizes = Sizes(dict(values))
    foreseen = list(unrolled(planned.steps, sizes.values))
    kinds = [(send.direction, send.primitive, send.mechanism) for send in foreseen]
    assert kinds == [(m.direction, m.primitive, m.mechanism) for m in run.messages]
    for send, message in zip(foreseen, run.messages, strict=True):
        sizes.see(send.items, message)
    return sizes.values


def unrolled(steps: Steps, values: Mapping[str, int]) -> Iterator[Send]:
    """The messages one by one, loops and branches as these values say."""
    for step in steps:
        match step:
            case Send(count=count):
                if _known(count, values):
                    yield step
            case Repeat(steps=inner, entries=entries, count=count):
                times = _known(count, values) // (_known(entries, values) or 1)
                for _ in range(times):
                    yield from unrolled(inner, values)
            case Alternative(then=then, orelse=orelse):
                yield from unrolled(then, values)
                yield from unrolled(orelse, values)


def _known(size: object, values: Mapping[str, int]) -> int:
    found = size.evaluated(values)  # type: ignore[attr-defined]
    assert found is not None, f"{size} is not known"
    return int(found)


def _elements(items: tuple[Held, ...], message: Message) -> list[list[int]]:
    """The elements sent of each value, by its parts: of several values, each is a part of a tuple."""
    if len(items) == 1:
        return [[part.elements for part in message.parts]]
    found: list[list[int]] = [[] for _ in items]
    for part in message.parts:
        index = re.match(r"\[(\d+)\]", part.path)
        assert index is not None, part.path
        found[int(index[1])].append(part.elements)
    return found
