"""Cotangents in a reverse sweep: contributions are collected until the sweep reaches their value.

Contributions to a broadcast value are collected at the clients, so that they are added there and
uploaded once.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fadc.calculus.table import transpose_broadcast
from fadc.ir import (
    Aggregator,
    Builtin,
    Leaf,
    Literal,
    Placement,
    Tape,
    Tree,
    Value,
    placement,
)
from fadc.ir.builder import Builder
from fadc.span import Span


@dataclass(frozen=True)
class Term:
    """One contribution to a cotangent.

    ``scaled`` ones still have to be divided by the number of clients; a ``flipped`` tape was filled
    from the last iteration to the first.
    """

    tree: Value | Literal
    scaled: bool = False
    flipped: bool = False


@dataclass
class Cotangents:
    """The contributions to the cotangents of the values of one block."""

    mechanism: Aggregator | None
    terms: dict[Value, list[Term]] = field(default_factory=dict)
    uploads: dict[Value, list[Term]] = field(default_factory=dict)
    spans: dict[Value, Span] = field(default_factory=dict)
    missing_mechanism: bool = False
    unscalable: bool = False

    def inside(self) -> Cotangents:
        """The cotangents of a nested block."""
        return Cotangents(self.mechanism)

    def absorb(self, inner: Cotangents) -> None:
        self.missing_mechanism |= inner.missing_mechanism
        self.unscalable |= inner.unscalable

    def give(self, value: Tree | None, term: Term) -> None:
        """Add a contribution to a value's cotangent."""
        if isinstance(value, Value):
            self.terms.setdefault(value, []).append(term)

    def upload(self, value: Value, term: Term, span: Span) -> None:
        """Add a contribution to a server value that is at the clients and is uploaded later."""
        self.spans[value] = span
        if isinstance(term.tree, Literal):
            self.unscalable = True
            return
        self.uploads.setdefault(value, []).append(term)

    def has(self, value: Value) -> bool:
        return value in self.terms or value in self.uploads

    def take(self, build: Builder, value: Value) -> Term | None:
        """The sum of a value's contributions, or None if there are none."""
        terms = self.terms.pop(value, [])
        waiting = self.uploads.pop(value, [])
        name = f"{value.name}_bar"
        here = build.span
        if waiting:
            build.span = self.spans[value]
            total = self._sum(build, waiting, f"{value.name}_at_clients_bar")
            terms = [*terms, Term(self._upload(build, total, name))]
        if isinstance(value.type, Tape):
            terms = [_as_tape(build, term, value.type) for term in terms]
        found = self._sum(build, terms, name) if terms else None
        build.span = here
        return found

    def total(self, build: Builder, value: Value) -> Value | None:
        """The sum of a value's contributions: unscaled, and a tape in the order of its loop."""
        term = self.take(build, value)
        if term is None:
            return None
        if term.scaled or isinstance(term.tree, Literal):
            self.unscalable = True
            return self.zero(build, value)
        return self.upright(build, term)

    def zero(self, build: Builder, value: Value) -> Value:
        return build.zeros_like(value, f"{value.name}_bar")

    def total_or_zero(self, build: Builder, value: Value) -> Value:
        found = self.total(build, value)
        return self.zero(build, value) if found is None else found

    def _sum(self, build: Builder, terms: list[Term], name: str) -> Term:
        if len(terms) == 1:
            return terms[0]
        if len({term.scaled for term in terms}) > 1:
            self.unscalable = True
        values = [self.upright(build, term) for term in terms]
        return Term(build.add(values, name), terms[0].scaled)

    def upright(self, build: Builder, term: Term) -> Value:
        """A contribution as a value; a tape is put in the order of its loop."""
        if isinstance(term.tree, Literal):
            self.unscalable = True
            return build.value("seed", _NOTHING)
        if not term.flipped:
            return term.tree
        assert isinstance(term.tree.type, Tape)
        tape = term.tree
        where = placement(tape.type)
        return build.apply(Builtin("reverse_tape"), (tape,), tape.name, where, tape.type)

    def _upload(self, build: Builder, term: Term, name: str) -> Value:
        mechanism = self.mechanism
        if mechanism is None:
            self.missing_mechanism = True
            mechanism = Aggregator("sum")
        assert isinstance(term.tree, Value)
        return transpose_broadcast(build, mechanism, term.tree, name, term.scaled)


def array_leaf(value: Value, where: Placement) -> Leaf:
    """The type of a value of the same shape at another placement."""
    return Leaf(where, value.type.array if isinstance(value.type, Leaf) else None)


def _as_tape(build: Builder, term: Term, type_: Tape) -> Term:
    """A contribution to a tape's cotangent that came as one value, as the list that it is."""
    if not isinstance(term.tree, Value) or isinstance(term.tree.type, Tape):
        return term
    tape = build.value(term.tree.name, type_)
    build.emit_apply(Builtin("as_tape"), (term.tree,), tape, placement(type_))
    return replace(term, tree=tape)


_NOTHING = Leaf(Placement.SERVER)
