"""The costs of a program and its derivatives, for each mode and residual policy, without a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fadc.analyses.runs import Kept
from fadc.analyses.schedule import Held, Schedule
from fadc.analyses.sized import Sized
from fadc.analyses.sizes import Size, number, total
from fadc.analyses.traffic import Traffic
from fadc.analyses.widths import width
from fadc.analyses.work import Evaluations
from fadc.derive.request import MODES, RESIDUALS, Request
from fadc.diagnostics import Diagnostic
from fadc.plan.prices import Prices


@dataclass(frozen=True)
class Variant:
    """One way to differentiate: a mode, and a residual policy where the mode has a reverse sweep."""

    mode: str
    residuals: str | None = None
    checkpoint: int | None = None

    @staticmethod
    def all() -> tuple[Variant, ...]:
        """Every mode, and every residual policy of the modes with a reverse sweep."""
        forward = [Variant(mode) for mode in MODES if mode == "forward"]
        others = [
            Variant(mode, policy) for mode in MODES if mode != "forward" for policy in RESIDUALS
        ]
        return (*forward, *others)

    def request(self, asked: Request) -> Request:
        """The request that makes this derivative. Options of mixed mode are dropped for other modes."""
        mine = replace(
            asked,
            mode=self.mode,
            residuals=self.residuals or "store",
            checkpoint=self.checkpoint,
        )
        return (
            mine
            if self.mode == "mixed"
            else replace(mine, cost=(), dims=(), accumulate=(), dtype=None)
        )

    @property
    def label(self) -> str:
        """The plan in words, ``reverse, recompute``."""
        every = f"every={self.checkpoint}" if self.checkpoint else None
        return ", ".join(part for part in (self.mode, self.residuals, every) if part)


@dataclass(frozen=True)
class Amount:
    """A size in array elements and in bytes: ``width`` in symbols, ``bytes`` if all are known."""

    elements: Size
    width: Size
    bytes: int | None


@dataclass(frozen=True)
class Memory:
    """One value that clients keep between rounds; the size of a pullback is not known."""

    kept: Kept
    amount: Amount | None


@dataclass(frozen=True)
class Row:
    """The cost of one computation; ``plan`` is None for the primal. Amounts are for one client."""

    name: str
    kind: str
    plan: Variant | None
    schedule: Schedule
    traffic: Traffic
    rounds: int | None
    down: Amount
    up: Amount
    memory: tuple[Memory, ...]
    work: Mapping[str, Evaluations]

    @property
    def same_clients(self) -> str:
        """Whether the clients of one round must come back in another, and whether with state."""
        if self.memory:
            return "yes, with state"
        return "no" if self.traffic.rounds.constant in (0, 1) else "yes, stateless"


@dataclass(frozen=True)
class Refused:
    """A plan that the program does not admit, and why.

    ``message`` is set instead of ``diagnostics`` where the plan cannot follow ``--accumulate``."""

    plan: Variant
    diagnostics: tuple[Diagnostic, ...]
    message: str = ""


@dataclass(frozen=True)
class Values:
    """The values of symbols, including those given by the program, and the dtype of floats."""

    given: Mapping[str, int]
    dtype: str = "float32"
    defaults: Mapping[str, int] = field(default_factory=dict)

    @property
    def all(self) -> dict[str, int]:
        return {**self.defaults, **self.given}

    def amount(self, planned: Schedule, direction: str) -> Amount:
        """The amount that is sent in one direction."""
        sends = [send for send in planned.sends if send.direction == direction]
        elements = total(send.size.times(send.count) for send in sends)
        bytes_ = total(self._bytes(send.items).times(send.count) for send in sends)
        return Amount(elements, bytes_, bytes_.evaluated(self.all))

    def kept(self, found: Kept) -> Memory:
        """The amount of memory for one value that clients keep."""
        if found.size is None:
            return Memory(found, None)
        taken = found.size.times(number(width(found.value.dtype, self.dtype)))
        return Memory(found, Amount(found.size, taken, taken.evaluated(self.all)))

    def _bytes(self, items: tuple[Held, ...]) -> Size:
        sizes = (
            item.size.times(number(width(item.dtype, self.dtype)))
            for item in items
            if item.size is not None
        )
        return total(sizes)


@dataclass(frozen=True)
class Costs:
    """The costs of a computation for all plans; ``values`` are those that bytes are computed with.

    ``prices`` are those by which mixed mode decided and by which plans are compared. ``sized`` are
    the symbols that can be given a size.
    """

    path: str
    wrt: tuple[str, ...]
    values: Values
    rows: tuple[Row, ...]
    refused: tuple[Refused, ...]
    sized: Sized
    prices: Prices

    @property
    def primal(self) -> Row:
        return self.rows[0]

    @property
    def directions(self) -> Size:
        """The number of elements of the inputs that are differentiated by."""
        inputs = self.primal.schedule.inputs
        sizes = [held.size for name in self.wrt for held in inputs.get(name, ())]
        return total(size for size in sizes if size is not None)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols in the traffic of all rows."""
        sizes = [s for row in self.rows for s in (row.down.elements, row.up.elements)]
        return tuple(sorted({symbol for size in sizes for symbol in size.symbols}))

    @property
    def unknown(self) -> tuple[str, ...]:
        """The symbols whose values are not known."""
        return tuple(s for s in self.symbols if Size({(s,): 1}).evaluated(self.values.all) is None)
