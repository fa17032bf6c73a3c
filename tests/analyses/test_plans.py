"""What plans of mixed mode are said to cost is what the emitted programs cost, and no plan is cheaper."""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping

import pytest

from fadc.analyses.plan_costs import CHOICES, PUSHFORWARD, cost_of, pushed_cost
from fadc.analyses.prices import Cost, Prices, is_never_more
from fadc.analyses.sizes import Size
from fadc.analyses.stages import Section, Stage
from fadc.analyses.traffic import traffic
from fadc.diagnostics import Severity
from fadc.differentiate import Differentiated, differentiate
from fadc.errors import UsageError
from fadc.pipeline import read_file
from fadc.request import Request, choose_computation
from fadc.syntax.computations import Reading, read_program

from ..programs.staged.catalogue import STAGED, Staged

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


def push(program: Staged, reading: Reading) -> Differentiated | None:
    """All stages pushed forward, where there is one scalar input."""
    try:
        return derive(program, reading, "mixed", accumulate=(("all", PUSHFORWARD),))
    except UsageError:
        return None


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


def sections_of(derived: Differentiated) -> tuple[Section, ...]:
    return derived.plan.sections


def assignments(sections: tuple[Section, ...]) -> Iterator[dict[Stage, str]]:
    """Every choice for the stages that have one."""
    stages = [stage for section in sections for stage in section.stages]
    free = [stage for stage in stages if stage.is_free]
    for chosen in itertools.product(CHOICES, repeat=len(free)):
        yield {**dict.fromkeys(stages, "pullback"), **dict(zip(free, chosen, strict=True))}


def as_told(assignment: Mapping[Stage, str]) -> tuple[tuple[str, str], ...]:
    return tuple((str(s.number), choice) for s, choice in assignment.items() if s.is_free)


def modelled(
    program: Staged, sections: tuple[Section, ...], assignment: Mapping[Stage, str]
) -> tuple:
    """The model's elements up and down and rounds."""
    total = Cost()
    for section in sections:
        total = total + cost_of(section, assignment).times(section.trips)
    return tuple(value(program, size) for size in (total.up, total.down, total.rounds))


@exact_program
def test_the_model_says_what_each_plan_costs(program: Staged) -> None:
    reading = read(program)
    sections = sections_of(derive(program, reading, "mixed"))
    for assignment in assignments(sections):
        derived = derive(program, reading, "mixed", accumulate=as_told(assignment))
        assert numbers(program, derived) == modelled(program, sections, assignment), assignment


@pytest.mark.parametrize(
    "program", [each for each in STAGED if len(each.wrt) == 1], ids=lambda p: p.id
)
def test_the_model_says_what_a_tangent_costs(program: Staged) -> None:
    """Ones are not sent, so it is less than what forward mode sends."""
    reading = read(program)
    pushed = push(program, reading)
    assert (pushed is not None) == (program.wrt in (("lr",), ("rate",)))
    if pushed is not None:
        seed = next(p.tree for p in pushed.computation.parameters if (p.name,) == program.wrt)
        total = Cost()
        for section in pushed.plan.sections:
            total += pushed_cost(section, seed).times(section.trips)
        sizes = (total.up, total.down, total.rounds)
        found = numbers(program, pushed)
        assert found == tuple(value(program, size) for size in sizes)
        forward = derive(program, reading, "forward")
        assert all(a <= b for a, b in zip(found, numbers(program, forward, "jvp"), strict=True))


@pytest.mark.parametrize("prices", PRICES, ids=str)
@every_program
def test_no_plan_is_cheaper(program: Staged, prices: Prices) -> None:
    """The chosen plan's emitted text costs what the cheapest of all costs, and never more than reverse."""
    reading = read(program)
    options = {
        "cost": tuple((name, str(amount)) for name, amount in dataclasses.asdict(prices).items()),
        "dims": tuple((name, str(size)) for name, size in program.dims.items()),
    }
    chosen = derive(program, reading, "mixed", **options)
    amount = paid(numbers(program, chosen), prices)
    for assignment in assignments(sections_of(chosen)):
        other = derive(program, reading, "mixed", accumulate=as_told(assignment))
        assert is_refused(other) or amount <= paid(numbers(program, other), prices) + 1e-6
    pushed = push(program, reading)
    assert pushed is None or amount <= paid(numbers(program, pushed), prices) + 1e-6
    reverse = derive(program, reading, "reverse")
    assert is_refused(reverse) or amount <= paid(numbers(program, reverse), prices) + 1e-6


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
