"""What a program and its derivatives cost, for each mode and policy, before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from fadc.analyses.memory import Kept, memory
from fadc.analyses.prices import Prices
from fadc.analyses.schedule import Held, Role, Schedule, Symbols
from fadc.analyses.scheduling import schedule
from fadc.analyses.sized import Sized, find_sized
from fadc.analyses.sizes import Size, number
from fadc.analyses.traffic import Traffic, traffic_of
from fadc.analyses.widths import floats_of, width
from fadc.analyses.work import Evaluations, extra_work
from fadc.diagnostics import Diagnostic, Severity
from fadc.diagnostics.suppression import standing
from fadc.differentiate import Differentiated, differentiate
from fadc.errors import UsageError
from fadc.ir import Computation
from fadc.local_functions import read_derived_functions
from fadc.passes.selection import select_inputs
from fadc.request import MODES, RESIDUALS, Request
from fadc.syntax.computations import Reading
from fadc.syntax.modules import constants


@dataclass(frozen=True)
class Plan:
    """One way to differentiate: a mode, and a residual policy where the mode has a reverse sweep."""

    mode: str
    residuals: str | None = None
    checkpoint: int | None = None

    @staticmethod
    def all() -> tuple[Plan, ...]:
        """Every mode, and with a reverse sweep every residual policy."""
        forward = [Plan(mode) for mode in MODES if mode == "forward"]
        others = [Plan(mode, policy) for mode in MODES if mode != "forward" for policy in RESIDUALS]
        return (*forward, *others)

    def request(self, asked: Request) -> Request:
        """The transformation that the plan stands for: what is asked of mixed mode is for it alone."""
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
    """A size in array elements and in bytes: ``width`` of symbols, ``bytes`` where all are known."""

    elements: Size
    width: Size
    bytes: int | None


@dataclass(frozen=True)
class Memory:
    """One value that clients keep between rounds; a pullback has no size before the program runs."""

    kept: Kept
    amount: Amount | None


@dataclass(frozen=True)
class Row:
    """The cost of one computation; ``plan`` is None for the primal. Amounts are for one client."""

    name: str
    kind: str
    plan: Plan | None
    schedule: Schedule
    traffic: Traffic
    rounds: int | None
    down: Amount
    up: Amount
    memory: tuple[Memory, ...]
    work: Mapping[str, Evaluations]

    @property
    def same_clients(self) -> str:
        """Whether the clients of one round must come back in another, and whether with a state."""
        if self.memory:
            return "yes, with state"
        return "no" if self.traffic.rounds.constant in (0, 1) else "yes, stateless"


@dataclass(frozen=True)
class Refused:
    """A plan that the program does not admit, and why: ``message`` where it is not as told."""

    plan: Plan
    diagnostics: tuple[Diagnostic, ...]
    message: str = ""


@dataclass(frozen=True)
class Values:
    """Values of the symbols, those that the program itself gives included, and the floats' dtype."""

    given: Mapping[str, int]
    dtype: str = "float32"
    defaults: Mapping[str, int] = field(default_factory=dict)

    @property
    def all(self) -> dict[str, int]:
        return {**self.defaults, **self.given}

    def amount(self, planned: Schedule, direction: str) -> Amount:
        """What is sent in one direction."""
        elements, total = Size(), Size()
        for send in planned.sends:
            if send.direction == direction:
                elements += send.size.times(send.count)
                total += self._bytes(send.items).times(send.count)
        return Amount(elements, total, total.evaluated(self.all))

    def kept(self, found: Kept) -> Memory:
        """What one value takes that clients keep."""
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
        return sum(sizes, Size())


@dataclass(frozen=True)
class Costs:
    """The costs of a computation in all plans; ``values`` is what bytes are computed with.

    ``prices`` are those that mixed mode decided by, and that tell which plan is cheapest. ``sized``
    is what can be given a size.
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
        return sum((size for size in sizes if size is not None), Size())

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols in the traffic of all rows."""
        sizes = [s for row in self.rows for s in (row.down.elements, row.up.elements)]
        return tuple(sorted({symbol for size in sizes for symbol in size.symbols}))

    @property
    def unknown(self) -> tuple[str, ...]:
        """The symbols whose values are not known."""
        return tuple(s for s in self.symbols if Size({(s,): 1}).evaluated(self.values.all) is None)


def cost_of_plans(
    reading: Reading,
    computation: Computation,
    asked: Request,
    plans: Iterable[Plan],
    dims: Mapping[str, int],
) -> Costs:
    """The costs of a computation and of its derivatives by all plans, by the options that are asked.

    Raises UsageError for choices that no residual policy of mixed mode has.
    """
    assert reading.module is not None
    symbols = Symbols()
    dtype = floats_of(reading.program, asked.dtype)
    values = Values(dims, dtype, {**constants(reading.module), **_defaults(computation)})
    planned = schedule(reading.program.computations, computation.name, symbols)
    wrt = tuple(each.name for each in select_inputs(computation, asked.wrt))
    requests = {plan: plan.request(asked) for plan in plans}
    derived, refused = _derived(reading, computation, requests)
    rows = [_row(computation.name, "primal", None, planned, values, planned)]
    for plan, found in derived.items():
        rows += _rows(plan, found, values, symbols, planned)
    return Costs(
        reading.module.path,
        wrt,
        values,
        tuple(rows),
        tuple(refused),
        find_sized(reading.program),
        asked.byte_prices,
    )


def _derived(
    reading: Reading, computation: Computation, requests: Mapping[Plan, Request]
) -> tuple[dict[Plan, Differentiated], list[Refused]]:
    """The derivatives of all plans that the program admits, and why it does not admit the others."""
    admitted: dict[Plan, Differentiated] = {}
    refused: list[Refused] = []
    untold: UsageError | None = None
    for plan, request in requests.items():
        try:
            found = differentiate(reading, computation, request)
        except UsageError as error:
            if not request.accumulate:
                raise
            refused.append(Refused(plan, (), error.message))
            untold = untold or error
            continue
        errors = [d for d in found.diagnostics if d.severity is Severity.ERROR]
        errors += _refusals(reading, computation, request)
        if errors:
            refused.append(Refused(plan, tuple(errors)))
        else:
            admitted[plan] = found
    if untold and not any(plan.mode == "mixed" for plan in admitted):
        raise untold
    return admitted, refused


def _refusals(reading: Reading, computation: Computation, request: Request) -> list[Diagnostic]:
    """Why JAX has no derivative of this mode for a local function, where no comment waives it."""
    found = read_derived_functions(reading, computation, request.mode, request.wrt, request.result)
    return standing((each for each in found if each.severity is Severity.ERROR), reading.texts)


def _rows(
    plan: Plan, derived: Differentiated, values: Values, symbols: Symbols, primal: Schedule
) -> list[Row]:
    """One row for each computation that a plan derives."""
    computations = {**derived.derivatives.program.computations, **derived.derivatives.computations}
    seeds: Role = "tangent" if plan.mode == "forward" else "cotangent"
    stem = f"{derived.computation.name}_"
    return [
        _row(
            name,
            name.removeprefix(stem),
            plan,
            schedule(computations, name, symbols, seeds, primal.inputs),
            values,
            primal,
        )
        for name in derived.public
    ]


def _defaults(computation: Computation) -> dict[str, int]:
    """The whole numbers that parameters have by default."""
    found = {p.name: p.default for p in computation.parameters if p.default}
    return {name: int(text) for name, text in found.items() if text.isdecimal()}


def _row(
    name: str, kind: str, plan: Plan | None, planned: Schedule, values: Values, primal: Schedule
) -> Row:
    traffic = traffic_of(planned)
    return Row(
        name,
        kind,
        plan,
        planned,
        traffic,
        traffic.rounds.evaluated(values.all),
        values.amount(planned, "down"),
        values.amount(planned, "up"),
        tuple(values.kept(found) for found in memory(planned)),
        {} if plan is None else extra_work(planned, primal),
    )
