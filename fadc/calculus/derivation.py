"""The state that all derivations for one request share: program, options, names, results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from fadc.analyses.activity import Dependence, Positions, dependences
from fadc.analyses.copies import Copies, find_copies
from fadc.analyses.partial import PartialValues, find_partial
from fadc.diagnostics import Diagnostic
from fadc.ir import (
    Aggregator,
    Apply,
    Array,
    Computation,
    Program,
    Value,
)
from fadc.passes.finish import Dump, finish, show_nothing
from fadc.plan.costs import JACOBIAN
from fadc.plan.decisions import Decision
from fadc.plan.prefixes import Prefix
from fadc.plan.stages import Section


@dataclass(frozen=True)
class Storage:
    """How residuals are kept in reverse mode."""

    residuals: str = "store"
    checkpoint: int | None = None


@dataclass(frozen=True)
class SweepPair:
    """The names of a callee's two sweeps, and the positions of its active inputs and results."""

    forward: str
    backward: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class Pushed:
    """A called computation's pushforward; for each direction the positions of inputs and results."""

    name: str
    columns: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]


@dataclass(frozen=True)
class MixedPlan:
    """The decisions of mixed mode, and the values that are proven to be arrays.

    ``sections`` are what it decided about; ``notes`` are further remarks for the header. Tangents
    of the ``seeds`` are pushed forward through the ``prefix``.
    """

    sections: tuple[Section, ...] = ()
    decisions: tuple[Decision, ...] = ()
    notes: tuple[str, ...] = ()
    known: Mapping[Value, Array] = field(default_factory=dict)
    prefix: Prefix = field(default_factory=Prefix)
    seeds: tuple[Value, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """How each stage is differentiated and why, and the further notes."""
        return (*(f"{each.stage.title}: {each.reason}" for each in self.decisions), *self.notes)

    @cached_property
    def accumulated(self) -> frozenset[Value]:
        """The aggregates whose Jacobians the clients send along."""
        chosen = (d.stage.results for d in self.decisions if d.choice == JACOBIAN)
        return frozenset(value for found in chosen for value in found)


Active = Callable[[Value], bool]
HasRule = Callable[[Apply, bool], bool]
Key = tuple[str, Positions, Positions, Aggregator | None]


@dataclass
class Derivation:
    """One request: its computations are derived once for each activity pattern and mechanism.

    ``mechanism`` is that of the transposed broadcasts of ``root`` and of the computations it calls,
    unless a called computation declares its own, for itself and for those that it calls.
    ``figures`` are the server values that may be means of integers. ``has_rule`` tells whether a
    local function has a custom derivative (``jax.custom_vjp``, ``jax.custom_jvp``): certainly, or
    possibly.
    """

    program: Program
    options: Storage
    taken: set[str]
    mechanism: Aggregator | None = None
    root: Computation | None = None
    dependences: dict[str, Dependence] = field(default_factory=dict)
    pairs: dict[Key, SweepPair] = field(default_factory=dict)
    pushed: dict[object, Pushed] = field(default_factory=dict)
    ruled: dict[tuple[str, Positions, bool], str] = field(default_factory=dict)
    computations: dict[str, Computation] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    marks: int = 0
    sometimes: PartialValues = field(default_factory=PartialValues)
    plan: MixedPlan = MixedPlan()
    figures: frozenset[Value] = frozenset()
    copies: Copies = field(default_factory=Copies)
    has_rule: HasRule = field(default=lambda operation, sure: False)

    @staticmethod
    def of(program: Program, options: Storage, taken: set[str], has_rule: HasRule) -> Derivation:
        found = Derivation(program, options, taken, has_rule=has_rule)
        found.sometimes = find_partial(program)
        found.dependences = dependences(program)
        found.copies = find_copies(program)
        return found

    def activity(self, name: str, inputs: Positions, outputs: Positions) -> Active:
        """Which values of a computation are active for a choice of inputs and results."""
        dependence = self.dependences[name]
        return lambda value: dependence.is_active(value, inputs, outputs)

    def varied(self, name: str, inputs: Positions) -> Active:
        """Which values of a computation depend on a choice of inputs."""
        origins = self.dependences[name].origins
        return lambda value: bool(origins.get(value, frozenset()) & inputs)

    def fresh_name(self, name: str) -> str:
        """An unused module-level name, with a number from 2 on if the name itself is taken."""
        candidate, number = name, 2
        while candidate in self.taken:
            candidate, number = f"{name}_{number}", number + 1
        self.taken.add(candidate)
        return candidate

    @contextmanager
    def inherited_from(self, computation: Computation) -> Iterator[None]:
        """Inside this context, the mechanism is the one that callees of the computation inherit."""
        before = self.mechanism
        self.mechanism = computation.transpose or before
        yield
        self.mechanism = before

    @property
    def stores(self) -> bool:
        """Whether clients keep their pullbacks."""
        return self.options.residuals == "store"

    @property
    def resends(self) -> bool:
        """Whether clients are stateless: values that they need again are sent again."""
        return self.options.residuals == "rebroadcast"

    def add(self, computation: Computation) -> None:
        self.computations[computation.name] = computation

    def finish(self, computation: Computation, dump: Dump = show_nothing) -> None:
        """Run the passes over a computation and add it."""
        self.add(finish(computation, self.resends, self.diagnostics, dump))

    def new_mark(self) -> int:
        self.marks += 1
        return self.marks


def active_positions(values: list[Value], active: Active) -> tuple[int, ...]:
    """The positions of the active values in a list."""
    return tuple(index for index, value in enumerate(values) if active(value))
