"""Facts: what is known about a value inside a local function, without running it.

A fact holds in every run: whether JAX traces the value, whether a derivative flows through it,
whether all clients have the same value. Where runs may differ, the fact is unknown, and nothing is
reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from fadc.diagnostics import Diagnostic

if TYPE_CHECKING:
    from fadc.lint.functions import Function


class Kind(Enum):
    """What Python sees: a Python value, an array that JAX traces, or a container of these."""

    STATIC = "static"
    ARRAY = "array"
    TREE = "tree"
    UNKNOWN = "unknown"


class Sign(Enum):
    """The sign of all elements, as far as it is known. ``NONNEGATIVE`` ones can be zero."""

    POSITIVE = "positive"
    NONNEGATIVE = "nonnegative"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Pending:
    """A diagnostic of a value that is reported if its derivative is needed.

    ``lost`` are the inputs whose derivatives end at the value; if there are none, the derivative
    continues. ``deliberate``: the program says so explicitly, and it is reported only if no
    derivative of an input remains.
    """

    diagnostic: Diagnostic
    lost: frozenset[str] = frozenset()
    deliberate: bool = False


NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of one value.

    ``active``: the inputs whose derivatives flow through it. ``shared``: all clients hold the same.
    ``borrowed``: it belongs to the caller, who sees changes in place. ``pending``: the diagnostics
    if its derivative is needed; ``noise``: the diagnostic if it is added to a single client's
    value. ``parts``: the elements of a tuple or list, or of a dict with these ``keys``.
    ``function``: the function that it is.
    """

    kind: Kind = Kind.UNKNOWN
    active: frozenset[str] = NOTHING
    shared: bool = True
    borrowed: bool = False
    sign: Sign = Sign.ANY
    pending: frozenset[Pending] = frozenset()
    noise: frozenset[Diagnostic] = frozenset()
    parts: tuple[Fact, ...] | None = None
    keys: tuple[str, ...] = ()
    function: Function | None = None

    @property
    def traced(self) -> bool:
        """Whether JAX certainly traces the value, or every array in it."""
        return self.kind in (Kind.ARRAY, Kind.TREE)


STATIC = Fact(Kind.STATIC)
UNKNOWN = Fact()


def join(first: Fact, second: Fact) -> Fact:
    """The fact of a value that may be either."""
    if first == second:
        return first
    parts = None
    if first.parts and second.parts and _shape(first) == _shape(second):
        parts = tuple(map(join, first.parts, second.parts))
    return Fact(
        first.kind if first.kind is second.kind else _either(first, second),
        first.active | second.active,
        first.shared and second.shared,
        first.borrowed and second.borrowed,
        weakest((first.sign, second.sign)),
        first.pending | second.pending,
        first.noise | second.noise,
        parts,
        first.keys if parts else (),
        first.function if first.function == second.function else None,
    )


def _shape(fact: Fact) -> tuple[int, tuple[str, ...]]:
    return len(fact.parts or ()), fact.keys


def _either(first: Fact, second: Fact) -> Kind:
    return Kind.TREE if first.traced and second.traced else Kind.UNKNOWN


def join_all(facts: Iterable[Fact]) -> Fact:
    """The fact of a value that may be any of these; static if there are none."""
    found: Fact | None = None
    for fact in facts:
        found = fact if found is None else join(found, fact)
    return STATIC if found is None else found


def combined(
    facts: Iterable[Fact], kind: Kind | None = None, sign: Sign = Sign.ANY, noisy: bool = False
) -> Fact:
    """The fact of a value computed from others, differentiable as far as these are.

    Without a ``kind``, it is an array if one of them is. ``noisy``: noise remains noise.
    """
    listed = list(facts)
    return Fact(
        _kind(listed) if kind is None else kind,
        NOTHING.union(*(fact.active for fact in listed)),
        all(fact.shared for fact in listed),
        sign=sign,
        pending=frozenset[Pending]().union(*(fact.pending for fact in listed)),
        noise=frozenset[Diagnostic]().union(*(fact.noise for fact in listed if noisy)),
    )


def _kind(facts: list[Fact]) -> Kind:
    kinds = {fact.kind for fact in facts}
    if Kind.ARRAY in kinds:
        return Kind.ARRAY
    return Kind.STATIC if kinds <= {Kind.STATIC} else Kind.UNKNOWN


def display(parts: Sequence[Fact], keys: tuple[str, ...] = ()) -> Fact:
    """A tuple or a list of values, or a dict with these keys."""
    kinds = {part.kind for part in parts}
    kind = Kind.TREE if kinds & {Kind.ARRAY, Kind.TREE} else Kind.UNKNOWN
    kind = Kind.STATIC if kinds <= {Kind.STATIC} else kind
    return replace(combined(parts, kind, noisy=True), parts=tuple(parts), keys=keys)


def element(fact: Fact) -> Fact:
    """The fact of an unknown element of a value.

    Some parts may have no derivative, such as a metric: then it is unknown whether this element is
    differentiated.
    """
    if fact.parts is not None:
        figures = bool(fact.active)
        known = [_forgiven(part) if figures and not part.active else part for part in fact.parts]
        return join_all(known) if known else UNKNOWN
    return replace(fact, function=None)


def part_of(fact: Fact, key: object) -> Fact | None:
    """The part at a position or under a key; None where it is not known."""
    if fact.parts is None:
        return None
    named = dict(zip(fact.keys, fact.parts, strict=False))
    if isinstance(key, int) and not fact.keys and -len(fact.parts) <= key < len(fact.parts):
        return fact.parts[key]
    return named.get(key) if isinstance(key, str) else None


def iterated(fact: Fact) -> Fact:
    """The fact of an item when a loop iterates over a value; for a dict, that of a key."""
    if fact.kind is not Kind.TREE or (fact.parts is not None and not fact.keys):
        return element(fact)
    return STATIC if fact.keys else replace(element(fact), kind=Kind.UNKNOWN)


def _forgiven(fact: Fact) -> Fact:
    return everywhere(fact, lambda part: replace(part, pending=frozenset()))


def whole(fact: Fact) -> Fact:
    """The fact of a value whose parts can no longer be distinguished."""
    if fact.parts is None:
        return fact
    return replace(element(replace(fact, parts=tuple(leaves(fact)))), kind=fact.kind)


def everywhere(fact: Fact, change: Callable[[Fact], Fact]) -> Fact:
    """The fact with a change applied to it and to all its parts."""
    if fact.parts is not None:
        fact = replace(fact, parts=tuple(everywhere(part, change) for part in fact.parts))
    return change(fact)


def leaves(fact: Fact) -> Iterator[Fact]:
    """The parts of a value that have no parts themselves."""
    if fact.parts is None:
        yield fact
    else:
        for part in fact.parts:
            yield from leaves(part)


def constant(fact: Fact) -> Fact:
    """The value without its derivative."""
    return everywhere(fact, lambda part: replace(part, active=NOTHING, pending=frozenset()))


def cut(facts: Iterable[Fact], diagnostic: Diagnostic | None = None) -> Fact:
    """The fact of a value whose derivative is zero whatever it is computed from.

    ``diagnostic`` reports that, if there was a derivative before.
    """
    listed = list(facts)
    traced = any(fact.traced for fact in listed)
    found = combined(listed, Kind.ARRAY if traced else None)
    lost = frozenset(each for each in found.pending if each.lost)
    if diagnostic is not None and found.active:
        lost |= {Pending(diagnostic, found.active)}
    return replace(found, active=NOTHING, pending=lost)


def weakest(signs: Iterable[Sign]) -> Sign:
    """The sign of a value that may have any of these signs."""
    found = set(signs)
    if Sign.ANY in found or not found:
        return Sign.ANY
    return Sign.NONNEGATIVE if Sign.NONNEGATIVE in found else Sign.POSITIVE
