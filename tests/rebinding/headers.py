"""The headers of loops: over ranges and tapes, reversed, enumerated and zipped."""

from __future__ import annotations

import dataclasses

from .body import Body
from .expressions import static
from .types import NUMBER, STATIC, Leaf, Parts, Tape, Type, is_known

COUNTER = Leaf(STATIC, NUMBER)


@dataclasses.dataclass(frozen=True)
class Header:
    """`for TEXT:`, what its targets stand for, and those that count."""

    text: str
    bound: dict[str, Type]
    counters: tuple[str, ...] = ()


def header(body: Body) -> Header | None:
    """A random header; None where nothing can be looped over."""
    options = [over_range] * body.builtin("range")
    if tapes(body):
        options += [over_tape] * 4 + [over_pairs] * 5 * body.builtin("zip")
    return body.pick(options)(body) if options else None


def tapes(body: Body) -> dict[str, Tape]:
    """The tapes that may be read."""
    return {n: t for n, t in body.scope.items() if isinstance(t, Tape) and is_known(t)}


def target(body: Body, taken: set[str]) -> str:
    """A loop variable: any name that is not protected."""
    free = [name for name in body.pool if name not in body.protected | taken]
    if not body.has("target_names"):
        free = [name for name in free if name not in body.scope]
    return body.pick(free) if free else "_"


def counted(*names: str) -> tuple[str, ...]:
    """Those of the names that can be read."""
    return tuple(name for name in names if name != "_")


def trips(body: Body) -> tuple[str, int | None]:
    """The arguments of a range, and how many trips that makes, where it is sure."""
    sure = [("2", 2), ("3", 3), ("1", 1), ("0", 0), ("1, 3", 2), ("3, 0, -2", 2)]
    number = static(body, NUMBER, 1)
    return body.pick([*sure, (number, None), (number, None), (f"{number}, 3", None)])


def over_range(body: Body) -> Header:
    """Over a range, either way round."""
    text, _ = trips(body)
    name = target(body, set())
    ranged = f"range({text})"
    if body.builtin("reversed") and body.chance(0.3):
        ranged = f"reversed({ranged})"
    if body.builtin("enumerate") and body.chance(0.1):
        count = target(body, {name})
        bound: dict[str, Type] = {count: COUNTER, name: COUNTER}
        return Header(f"{count}, {name} in enumerate({ranged})", bound, counted(count, name))
    return Header(f"{name} in {ranged}", {name: COUNTER}, counted(name))


def over_tape(body: Body) -> Header:
    """Over a tape, either way round, enumerated now and then."""
    name, tape = body.pick(tapes(body).items())
    text, bound = _item(body, tape.item, {name}, nested=False)
    iterable = _either_way(body, name)
    if not body.builtin("enumerate") or body.chance(0.75):
        return Header(f"{text} in {iterable}", bound)
    text, bound = _item(body, tape.item, {name}, nested=True)
    count = target(body, {name, *bound})
    start = body.pick(["", "", ", 1", ", start=1"])
    counting = f"{count}, {text} in enumerate({iterable}{start})"
    return Header(counting, {**bound, count: COUNTER}, counted(count))


def over_pairs(body: Body) -> Header:
    """Over two tapes, or a tape and a range, at once: of one length."""
    found = tapes(body)
    first, tape = body.pick(found.items())
    text, bound = _item(body, tape.item, {first}, nested=True)
    sure = tape.length is not None
    others = [n for n, t in found.items() if n == first or sure and t.length == tape.length]
    strict = ", strict=True" * body.chance(0.3)
    if others and (body.chance(0.6) or not body.builtin("range")):
        second = body.pick(others)
        other, more = _item(body, found[second].item, {first, *bound}, nested=True)
        zipped = f"zip({_either_way(body, first)}, {_either_way(body, second)}{strict})"
        return Header(f"{text}, {other} in {zipped}", {**bound, **more})
    if not body.builtin("range") or not sure:
        return over_tape(body)
    count = target(body, {first, *bound})
    zipped = f"zip(range({tape.length}), {_either_way(body, first)}{strict})"
    return Header(f"{count}, {text} in {zipped}", {**bound, count: COUNTER}, counted(count))


def _either_way(body: Body, name: str) -> str:
    return f"reversed({name})" if body.builtin("reversed") and body.chance(0.5) else name


def _item(body: Body, item: Type, taken: set[str], nested: bool) -> tuple[str, dict[str, Type]]:
    """The target of a tape's item: a name, or one for each part of a tuple."""
    if isinstance(item, Parts) and not item.keys and body.chance(0.7):
        bound: dict[str, Type] = {}
        names = []
        for child in item.children:
            names.append(target(body, taken | set(bound)))
            bound[names[-1]] = child
        text = ", ".join(names) + "," * (len(names) == 1)
        return f"({text})" if nested else text, bound
    name = target(body, taken)
    return name, {name: item}
