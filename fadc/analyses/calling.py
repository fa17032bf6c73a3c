"""Calls in a schedule: the arguments and the results of a computation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from fadc.analyses.iterations import Static
from fadc.analyses.likeness import Likeness
from fadc.analyses.schedule import Handed, Held, Routine
from fadc.ir import Node, Placement, Tree, Value, leaves, placement


@dataclass(frozen=True)
class Called:
    """The effect of a computation on arguments that are alike: its parameters and all its values.

    ``statics`` are the static values of its result.
    """

    routine: Routine
    parameters: tuple[Held, ...]
    held: Callable[[Tree], Held]
    statics: dict[Value, Static]


@dataclass
class Arguments:
    """The arguments of one call, by the leaves of the parameters in order.

    A leaf may be bound to a part of residuals, which are its third entry.
    """

    alike: Likeness
    held: Callable[[Tree], Held]
    values: list[tuple[Value, Held, Held | None]] = field(default_factory=list)
    statics: list[tuple[Value, Static]] = field(default_factory=list)

    def hand(self, parameter: Tree, arg: Tree) -> None:
        """An argument as the parameter is bound to it."""
        if isinstance(parameter, Node) and isinstance(arg, Value):
            self._unpack(parameter, self.held(arg))
        elif isinstance(parameter, Node) and isinstance(arg, Node):
            for part, given in zip(parameter.children, arg.children, strict=False):
                self.hand(part, given)
        elif isinstance(parameter, Value):
            self.values.append((parameter, self.held(arg), None))
            if placement(parameter.type) is Placement.STATIC:
                self.statics.append((parameter, self.alike.iterations.text(arg)))

    def _unpack(self, parameter: Node, packed: Held) -> None:
        residuals = self.alike.residuals.get(packed, ())
        parts = self.alike.packs.get(packed, ())
        for leaf, part in zip(leaves(parameter), parts, strict=False):
            self.values.append((leaf, part, packed if residuals else None))
        for leaf, static in zip(leaves(parameter), residuals, strict=False):
            if static is not None and placement(leaf.type) is Placement.STATIC:
                self.statics.append((leaf, static))

    @property
    def looks(self) -> tuple[object, ...]:
        """A key that is the same for arguments that are alike."""
        values = ((leaf, self.alike.look(held)) for leaf, held, _ in self.values)
        return (*values, *self.statics)

    def handed(self, parameters: Iterable[Held]) -> tuple[Handed, ...]:
        """The steps that pass the arguments."""
        pairs = zip(parameters, self.values, strict=True)
        return tuple(
            each
            for parameter, (_, held, packed) in pairs
            for each in handed(self.alike, parameter, held, packed)
        )


def handed(
    alike: Likeness, target: Held, source: Held, packed: Held | None = None
) -> Iterator[Handed]:
    """The steps that pass on a value and what belongs to it, as far as clients hold it."""
    for new, old in zip(alike.within(target), alike.within(source), strict=True):
        if new.at_clients or new in alike.residuals:
            yield Handed(new, old, packed)


def left(alike: Likeness, parts: Iterable[Held]) -> tuple[Held, ...]:
    """The values in residuals, and what belongs to them, as far as clients hold them."""
    found = (each for part in parts for each in alike.within(part))
    return tuple(each for each in found if each.at_clients or each in alike.residuals)
