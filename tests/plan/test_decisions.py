"""What plans of mixed mode are said to cost is what the emitted programs cost, and no plan is cheaper."""

import dataclasses
import functools
import itertools
from collections.abc import Iterator

import pytest

from fadc.analyses.sizes import Size
from fadc.analyses.traffic import traffic
from fadc.derive.differentiate import Differentiated, differentiate
from fadc.derive.request import Request, choose_computation
from fadc.diagnostics import Severity
from fadc.errors import UsageError
from fadc.plan.costs import CHOICES, PULLBACK, PUSHFORWARD, cost_of
from fadc.plan.prices import Cost, Prices, is_never_more
from fadc.plan.stages import Stage
from fadc.syntax.computations import Reading, read_program
from fadc.texts import read_file

from ..programs.staged.catalogue import STAGED, Staged, elements

PRICES = (
    Prices(),
    Prices(round=0.0),
    Prices(up=1.0, round=30.0),
    Prices(up=9.0, down=2.0, round=100.0),
)

every_program = pytest.mark.parametrize("program", STAGED, ids=lambda program: program.id)
exact_program = pytest.mark.parametrize(
    "program", [program for program in STAGED if program.exact], ids=lambda program: program.id
)


def read(program: Staged) -> Reading:
    """The program's computations."""
    reading = read_program(program.source, f"{program.name}.py", read_file)
    assert not reading.diagnostics
    return reading


def derive(program: Staged, reading: Reading, mode: str, **options: object) -> Differentiated:
    """A derivative by all that is known of the program's sizes."""
    request = Request(mode, program.of, program.wrt, **options)
    computation = choose_computation(reading, program.of, f"{program.name}.py")
    return differentiate(reading, computation, request)


def numbers(program: Staged, derived: Differentiated, kind: str = "vjp") -> tuple[int, int, int]:
    """Elements up and down and rounds of an emitted derivative, beyond the primal's."""
    derivatives = derived.derivatives
    computations = {**derivatives.program.computations, **derivatives.computations}
    primal = traffic(computations, program.of)
    found = traffic(computations, f"{program.of}_{kind}")
    pairs = ((found.up, primal.up), (found.down, primal.down), (found.rounds, primal.rounds))
    return tuple(value(program, last) - value(program, first) for last, first in pairs)


def is_refused(derived: Differentiated) -> bool:
    """Whether there is no such derivative: cotangents have no mechanism."""
    return any(each.severity is Severity.ERROR for each in derived.diagnostics)


def value(program: Staged, size: object) -> int:
    """A size as a number."""
    flags = {name: flag for name, flag in program.static.items() if isinstance(flag, bool)}
    taken = {f"#({name})": int(flag) for name, flag in flags.items()}
    other = {f"#(not {name})": int(not flag) for name, flag in flags.items()}
    found = Size(dict(size.terms)).evaluated({**program.dims, **taken, **other})
    assert found is not None, f"the catalogue has no size for a symbol of {size}"
    return found


def paid(elements: tuple[int, int, int], prices: Prices) -> float:
    """What messages come to."""
    up, down, rounds = elements
    return 4 * (prices.up * up + prices.down * down) + prices.round * rounds


@functools.cache
def told(program: Staged) -> tuple[Differentiated, ...]:
    """The derivative for every choice for the stages that carry derivatives, where there is one."""
    return tuple(_all_told(program, read(program)))


def _all_told(program: Staged, reading: Reading) -> Iterator[Differentiated]:
    stages = [decision.stage for decision in derive(program, reading, "mixed").plan.decisions]
    options = [
        (str(stage.number), [c for c in CHOICES if _is_possible(program, reading, stage, c)])
        for stage in stages
        if stage.is_active
    ]
    for chosen in itertools.product(*(choices for _, choices in options)):
        pairs = zip((name for name, _ in options), chosen, strict=True)
        found = _told(program, reading, tuple(pairs))
        if found is not None:
            yield found
    if not options:
        yield from filter(None, [_told(program, reading, (("all", c),)) for c in CHOICES])


def _told(
    program: Staged, reading: Reading, accumulate: tuple[tuple[str, str], ...]
) -> Differentiated | None:
    try:
        return derive(program, reading, "mixed", accumulate=accumulate)
    except UsageError:
        return None


def _is_possible(program: Staged, reading: Reading, stage: Stage, choice: str) -> bool:
    return _told(program, reading, ((str(stage.number), choice),)) is not None


def modelled(program: Staged, derived: Differentiated) -> tuple[int, ...]:
    """The model's elements up and down and rounds."""
    plan = derived.plan
    assignment = {decision.stage: decision.choice for decision in plan.decisions}
    for stage in (stage for section in plan.sections if section.call for stage in section.stages):
        assignment[stage] = PUSHFORWARD if stage in plan.prefix.stages else PULLBACK
    total = Cost()
    for section in plan.sections:
        total += cost_of(section, assignment).times(section.trips)
    return tuple(value(program, size) for size in (total.up, total.down, total.rounds))


@exact_program
def test_the_model_says_what_each_plan_costs(program: Staged) -> None:
    for derived in told(program):
        chosen = [decision.choice for decision in derived.plan.decisions]
        assert numbers(program, derived) == modelled(program, derived), chosen


def with_a_basis(program: Staged, reading: Reading) -> tuple[int, int, int] | None:
    """What forward mode sends beyond the primal for a whole derivative: a tangent for each element.

    None where it has none, or an input is the clients': then there are as many as all clients have.
    """
    specs = [program.specs[name] for name in program.wrt]
    if any("c" in str(spec).split() for spec in specs):
        return None
    count = sum(elements(spec) for spec in specs)
    up, down, rounds = numbers(program, derive(program, reading, "forward"), "jvp")
    return up * count, down * count, rounds


@pytest.mark.parametrize("prices", PRICES, ids=str)
@every_program
def test_no_plan_is_cheaper(program: Staged, prices: Prices) -> None:
    """The chosen plan's emitted text costs what the cheapest of all costs, and never more than reverse."""
    reading = read(program)
    options = {
        "cost": tuple((name, str(amount)) for name, amount in dataclasses.asdict(prices).items()),
        "dims": tuple((name, str(size)) for name, size in program.dims.items()),
    }
    amount = paid(numbers(program, derive(program, reading, "mixed", **options)), prices)
    others = [*told(program), derive(program, reading, "reverse")]
    for other in others:
        assert is_refused(other) or amount <= paid(numbers(program, other), prices) + 1e-6
    forward = with_a_basis(program, reading)
    assert forward is None or amount <= paid(forward, prices) + 1e-6


@every_program
def test_without_sizes_no_plan_costs_more_than_reverse(program: Staged) -> None:
    """What is decided without sizes holds for the program's sizes, at the default prices."""
    reading = read(program)
    mixed, reverse = derive(program, reading, "mixed"), derive(program, reading, "reverse")
    if not is_refused(reverse):
        amounts = [paid(numbers(program, derived), Prices()) for derived in (mixed, reverse)]
        assert amounts[0] <= amounts[1]


def test_comparing_prices_of_symbols() -> None:
    """s t ≥ s for t ≥ 1; s t and s + t compare either way."""
    assert is_never_more({("s",): 1.0}, {("s", "t"): 1.0})
    assert not is_never_more({("s", "t"): 1.0}, {("s",): 1.0})
    assert not is_never_more({("s", "t"): 1.0}, {("s",): 1.0, ("t",): 1.0})
    assert not is_never_more({("s",): 1.0, ("t",): 1.0}, {("s", "t"): 1.0})
    assert is_never_more({("s",): 3.0}, {("s",): 3.0})
