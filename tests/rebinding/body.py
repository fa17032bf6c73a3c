"""The statements of one computation under construction: names in scope and lines so far."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Iterator
from random import Random
from typing import Any

from .surroundings import Helper, Surroundings
from .types import NUMBER, STATIC, Leaf, Parts, Tape, Type, is_known


@dataclasses.dataclass(frozen=True)
class BranchName:
    """A name that one branch has bound: usable where its condition holds again."""

    condition: str
    reads: frozenset[str]
    type: Type


@dataclasses.dataclass
class Body:
    """The state of writing one computation.

    Attributes:
        functions: what it maps.
        helpers: the computations that it may call.
        pool: the names that it binds.
        hidden: the builtins that are none in it.
        scope: what names in scope stand for.
        branch_names: names that only one branch has bound.
        protected: names that may not be bound now.
        spoiled: names that stand for different things on different paths.
        bound: the names that the innermost block has bound so far.
        uploads: the mechanisms that it uploads through.
        depth: how many blocks may still nest.
        loop_variables: static names that an enclosing loop counts with.
    """

    rng: Random
    module: Surroundings
    functions: tuple[str, ...]
    helpers: tuple[Helper, ...]
    pool: tuple[str, ...]
    hidden: frozenset[str]
    scope: dict[str, Type]
    branch_names: dict[str, BranchName] = dataclasses.field(default_factory=dict)
    protected: set[str] = dataclasses.field(default_factory=set)
    spoiled: set[str] = dataclasses.field(default_factory=set)
    bound: set[str] = dataclasses.field(default_factory=set)
    uploads: set[str] = dataclasses.field(default_factory=set)
    lines: list[str] = dataclasses.field(default_factory=list)
    indent: int = 1
    depth: int = 2
    loop_variables: tuple[str, ...] = ()

    # Choices

    def has(self, feature: str) -> bool:
        """Whether programs may use this."""
        return feature in self.module.features

    def chance(self, probability: float, feature: str | None = None) -> bool:
        """A coin; never heads if the feature is off."""
        heads = self.rng.random() < probability
        return heads and (feature is None or self.has(feature))

    def pick(self, options: Any) -> Any:
        """One of the options."""
        return self.rng.choice(list(options))

    def builtin(self, name: str) -> bool:
        """Whether this builtin can be called here."""
        return name not in self.hidden

    # Names

    def names(self, type_: Type) -> list[str]:
        """The names that stand for such a value, the latest last."""
        return [name for name, found in self.scope.items() if found == type_]

    def known(self) -> dict[str, Type]:
        """The names that may be read."""
        return {name: found for name, found in self.scope.items() if is_known(found)}

    def targets(self, count: int, but: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]
        """Names to bind: fewer where there are not so many."""
        free = [name for name in self.pool if name not in self.protected | but]
        return self.rng.sample(free, min(count, len(free)))

    def target(self, type_: Type) -> str:
        """A name to bind, which keeps its placement if it has to."""
        free = self.targets(len(self.pool)) or [self._spare()]
        if not self.has("placement_changes"):
            alike = [n for n in free if n not in self.scope or _alike(self.scope[n], type_)]
            return (alike or free)[0]
        return free[0]

    def _spare(self) -> str:
        """A name for where all of the pool are kept for something."""
        numbered = (f"spare_{number}" for number in itertools.count(2))
        return next(n for n in itertools.chain(["spare"], numbered) if n not in self.protected)

    def bind(self, name: str, type_: Type) -> None:
        """Puts a name into scope as the latest."""
        self.forget(name)
        self.scope[name] = type_

    def forget(self, name: str) -> None:
        """Takes a name out of scope: it is bound to what may not be read, or to something new."""
        self.scope.pop(name, None)
        self.branch_names.pop(name, None)
        self.bound.add(name)
        self.spoiled.discard(name)
        for other, found in list(self.branch_names.items()):
            if name in found.reads:
                del self.branch_names[other]

    def counters(self) -> list[str]:
        """The variables of enclosing loops that have not been rebound."""
        number = Leaf(STATIC, NUMBER)
        return [name for name in self.loop_variables if self.scope.get(name) == number]

    # Text

    def write(self, line: str) -> None:
        """Appends one line."""
        self.lines.append("    " * self.indent + line)

    def primitive(self, name: str) -> str:
        """How a primitive or an aggregator is called."""
        return name if name.startswith("secure") else f"{self.module.fed}{name}"

    def upload(self, name: str) -> str:
        """How a mechanism is called, which the program uses from here on."""
        self.uploads.add(name)
        return self.primitive(name)

    @contextlib.contextmanager
    def block(self, scope: dict[str, Type]) -> Iterator[None]:
        """A nested block, which sees these names; what it binds is the caller's to join."""
        before = self.scope, self.branch_names, self.bound
        self.scope, self.branch_names, self.bound = dict(scope), dict(self.branch_names), set()
        self.indent += 1
        self.depth -= 1
        yield
        self.depth += 1
        self.indent -= 1
        inside = self.bound
        self.scope, self.branch_names, self.bound = before
        self.bound |= inside


def _alike(first: Type, second: Type) -> bool:
    both = (first, second)
    if isinstance(first, Leaf) and isinstance(second, Leaf):
        return first.placement == second.placement
    return all(isinstance(each, Parts) for each in both) or all(
        isinstance(each, Tape) for each in both
    )
