"""The state that the writers of one computation share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from fadc.emit.context import Context
from fadc.emit.naming.assign import assign_names
from fadc.emit.naming.names import Names
from fadc.emit.naming.uses import Uses, find_uses
from fadc.ir import Block, Computation, Loop, Value, bound_inside, defined, walk


@dataclass(frozen=True)
class Emission:
    """A computation to be written: its names, and the positions where its values are read.

    ``signatures`` are the computations that it may call; ``iterated`` are the values that are
    defined in an iteration of some loop.
    """

    context: Context
    computation: Computation
    signatures: Mapping[str, Computation]
    uses: Uses
    names: Names
    iterated: frozenset[Value]

    @cached_property
    def locals(self) -> frozenset[str]:
        """The names of all values."""
        return frozenset(self.names.values.values())

    @staticmethod
    def of(
        context: Context, computation: Computation, signatures: Mapping[str, Computation]
    ) -> Emission:
        """The emission of a computation, with its names chosen."""
        uses = find_uses(computation)
        names = assign_names(context, computation, signatures, uses)
        iterated = frozenset(_iterated(computation.block))
        return Emission(context, computation, signatures, uses, names, iterated)


def _iterated(block: Block) -> set[Value]:
    """The values that are defined in an iteration of some loop."""
    loops = [operation for operation in walk(block) if isinstance(operation, Loop)]
    return {v for loop in loops for v in (*defined(loop.body), *bound_inside(loop))}
