"""The work grows with the text of a program: these would take hours where it doubled with each level."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from fadc import pipeline
from fadc.analyses import activity, flow
from fadc.analyses.memory import memory
from fadc.analyses.schedule import Held, Move, Repeat, Schedule, Send, Steps, Work
from fadc.analyses.sizes import ONE, number
from fadc.audit import closure
from fadc.audit.audits import audit
from fadc.cost.cheapest import cheapest
from fadc.cost.compute import cost
from fadc.derive import planning
from fadc.derive.differentiate import differentiate
from fadc.derive.request import Request
from fadc.ir import Leaf, Placement, Sweep, Value
from fadc.plan import decisions, prefixes
from fadc.plan.costs import (
    ALONE,
    PUSHFORWARD,
    Amounts,
    Assignment,
    Task,
    amount_of,
    cost_of,
)
from fadc.plan.prices import is_never_more
from fadc.plan.stages import Section, Stage
from fadc.span import Span
from fadc.syntax.computations import read_program

DEPTH = 16

HEAD = """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_step(w, x):
    return w * jnp.sin(x)


def client_loss(w, x):
    return jnp.sum(w * x)


@fed.computation
def program(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]], rounds: int = 2
) -> fed.Server[Float[Array, ""]]:
"""
ROUND = "w = w - 0.1 * fed.mean(fed.map(client_step, fed.broadcast(w), x))\n"
END = "    return fed.mean(fed.map(client_loss, fed.broadcast(w), x))\n"
SPAN = Span("program.py", 1, 0, 1, 1)


def nest(depth: int) -> str:
    """Loops inside each other, with a round in front of and behind each."""
    text = HEAD
    for level in range(1, depth + 1):
        text += "    " * level + ROUND + "    " * level + "for _ in range(rounds):\n"
    text += "    " * (depth + 1) + ROUND
    for level in reversed(range(1, depth + 1)):
        text += "    " * level + ROUND
    return text + END


def branches(depth: int) -> str:
    """Loops and branches inside each other, with a round in each arm."""
    flags = ", ".join(f"flag_{level}: bool = True" for level in range(depth))
    text = HEAD.replace("rounds: int = 2", f"rounds: int = 2, {flags}")
    for level in range(depth):
        outer, inner = "    " * (2 * level + 1), "    " * (2 * level + 2)
        text += f"{outer}{ROUND}{outer}for _ in range(rounds):\n{inner}if flag_{level}:\n"
    text += "    " * (2 * depth + 1) + ROUND
    for level in reversed(range(depth)):
        inner = "    " * (2 * level + 2)
        text += f"{inner}else:\n    {inner}{ROUND}"
    return text + END


def sequence(count: int) -> str:
    """Rounds one after the other."""
    return HEAD + ("    " + ROUND) * count + END


def transform(source: str, **options: object) -> str:
    request = Request(of="program", wrt=("w",), **options)  # type: ignore[arg-type]
    return pipeline.transform(source, "program.py", request).text


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "forward"},
        {"mode": "reverse"},
        {"mode": "reverse", "checkpoint": 2},
        {"mode": "reverse", "residuals": "rebroadcast"},
        {"mode": "mixed"},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_loops_inside_each_other_are_derived(options: dict[str, object]) -> None:
    assert "program_" in transform(nest(DEPTH), **options)


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_loops_and_branches_inside_each_other_are_derived(mode: str) -> None:
    assert "program_" in transform(branches(DEPTH), mode=mode)


def test_loops_inside_each_other_are_priced() -> None:
    costs, _ = cost(nest(DEPTH), "program.py", Request("mixed", of="program", wrt=("w",)))
    assert costs is not None
    assert cheapest(costs).candidates


def test_loops_inside_each_other_are_audited() -> None:
    found, _ = audit(nest(DEPTH), "program.py", Request("reverse", of="program", wrt=("w",)))
    assert found is not None
    assert found.certificate.holds


def test_checkpointed_loops_grow_by_the_square_of_their_depth() -> None:
    """Each level runs the primal of those inside it again, and no more than that."""
    lengths = [transform(nest(d), mode="reverse", checkpoint=2).count("\n") for d in (3, 6, 12)]
    assert lengths[2] < 4.2 * lengths[1]


def test_a_value_is_settled_again_only_where_it_may_have_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked: Counter[int] = Counter()

    class Watched(dict):  # type: ignore[type-arg]
        def __getitem__(self, key: object) -> object:
            looked[len(self)] += 1
            return super().__getitem__(key)

    settle = flow.settle
    monkeypatch.setattr(
        "fadc.analyses.activity.settle", lambda found, known: settle(Watched(found), known)
    )
    transform(nest(DEPTH), mode="forward")
    assert looked
    assert all(times < 12 * size for size, times in looked.items())


def test_the_audit_reads_an_inner_loop_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    emitted = transform(nest(8), mode="reverse")
    calls: Counter[object] = Counter()
    settle = closure._ClosureReader._settle

    def counted(self: object, target: object, iterable: object, body: object) -> None:
        calls[iterable] += 1
        settle(self, target, iterable, body)  # type: ignore[arg-type]

    monkeypatch.setattr(closure._ClosureReader, "_settle", counted)
    assert closure.closure(emitted).calls
    assert max(calls.values()) <= 16


# Schedules ---------------------------------------------------------------------------------------


def held(name: str) -> Held:
    return Held(name, ONE, SPAN, at_clients=True)


def round_trip(name: str) -> tuple[Steps, Held]:
    """A message down, client work on it, a message up; and what the work makes."""
    down, made = held(f"{name}_down"), held(f"{name}_made")
    steps: Steps = (
        Send("down", "broadcast", "", (), (down,), ONE, SPAN, Sweep.PRIMAL),
        Work("f", (down,), (made,), ONE, SPAN, Sweep.PRIMAL),
        Send("up", "sum", "sum", (made,), (), ONE, SPAN, Sweep.PRIMAL),
    )
    return steps, made


def nested(depth: int) -> Steps:
    """Loops whose carried client value is read at each level, and what is made in front of each."""
    inner: Steps = ()
    count = number(3)
    for level in range(depth):
        steps, made = round_trip(f"level_{level}")
        param = held(f"carried_{level}")
        read = Work("g", (param, made), (held(f"read_{level}"),), ONE, SPAN, Sweep.PRIMAL)
        body = (*steps, read, *inner, read, Move(param, made))
        inner = (Move(param, made), Repeat(body, ONE, count))
    return inner


def written_out(steps: Steps) -> Steps:
    """Every loop as two iterations in a row."""
    found: Steps = ()
    for step in steps:
        found += written_out(step.steps) * 2 if isinstance(step, Repeat) else (step,)
    return found


def test_memory_is_that_of_loops_written_out() -> None:
    for depth in (1, 2, 3, 5):
        steps = nested(depth)
        assert memory(Schedule(steps, {})) == memory(Schedule(written_out(steps), {}))


def test_memory_of_loops_inside_each_other() -> None:
    found = memory(Schedule(nested(40), {}))
    assert {each.value.name for each in found} >= {"level_0_made", "level_39_made"}


# Plans -------------------------------------------------------------------------------------------


def product(count: int) -> tuple[str, ...]:
    return tuple(f"n{index:02}" for index in range(count))


def test_prices_with_the_iterations_of_many_loops_are_compared() -> None:
    fewer = {product(count): 1.0 for count in range(1, 40)}
    more = {product(count): 2.0 for count in range(1, 40)}
    assert is_never_more(fewer, more)
    assert not is_never_more(more, fewer)
    assert not is_never_more({product(40): 1.0}, {product(39): 100.0})


@pytest.mark.parametrize("first", list(itertools.product((0.0, 1.0, 3.0), repeat=3)))
def test_prices_are_compared_by_the_coefficients_of_their_difference(
    first: tuple[float, ...],
) -> None:
    """Of a·r²d + b·rd + c with r = 1 + s and d = 1 + t, against 2·r²d + 2."""
    monomials: tuple[tuple[str, ...], ...] = (("d", "r", "r"), ("d", "r"), ())
    square, linear, constant = first
    a, b, c = 2 - square, -linear, 2 - constant
    expected = min(a, 2 * a + b, a + b, a + b + c) >= 0
    second = {monomials[0]: 2.0, (): 2.0}
    assert is_never_more(dict(zip(monomials, first, strict=True)), second) is expected


def counting(
    monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> Counter[tuple[object, ...]]:
    """How often a function of a module is called with each of its first arguments."""
    calls: Counter[tuple[object, ...]] = Counter()
    function: Callable[..., object] = getattr(module, name)

    def counted(*args: object) -> object:
        calls[args[:1]] += 1
        return function(*args)

    monkeypatch.setattr(module, name, counted)
    return calls


def test_each_stage_is_priced_alone_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counting(monkeypatch, decisions, "_choice_alone")
    transform(sequence(20), mode="mixed")
    assert len(calls) == 21
    assert set(calls.values()) == {1}


def test_each_operation_is_asked_once_for_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = counting(monkeypatch, planning, "admits_stacks")
    transform(sequence(20), mode="mixed")
    assert calls
    assert set(calls.values()) == {1}


@pytest.mark.parametrize("count", [100, 200])
def test_no_more_prefixes_are_made_than_are_searched(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    prefix = prefixes._prefix
    monkeypatch.setattr(prefixes, "_prefix", lambda *args: made.append(args) or prefix(*args))
    transform(sequence(count), mode="mixed")
    assert len(made) == prefixes.SEARCHED


@pytest.mark.parametrize("told", [101, 102])
def test_of_the_prefixes_that_a_choice_asks_for_none_is_left_out(told: int) -> None:
    reading = read_program(sequence(120), "program.py", lambda path: None)
    choices = ((str(told), PUSHFORWARD),)
    request = Request("mixed", of="program", wrt=("w",), accumulate=choices)
    derived = differentiate(reading, reading.program.computations["program"], request)
    pushed = [each for each in derived.plan.decisions if each.choice == PUSHFORWARD]
    assert len(pushed) == told


def beside(count: int) -> Section:
    """Stages of which each waits for a few others; some upload to one value."""
    random, leaf = Random(count), Leaf(Placement.SERVER)
    sent = [Value(f"w{k}", leaf, SPAN) for k in range(count // 4)]
    stages, upstream = [], list[frozenset[int]]()
    for k in range(count):
        up = {random.choice(sent): number(random.randint(1, 5000))}
        result = (Value(f"r{k}", leaf, SPAN),)
        jacobian, down = number(random.randint(1, 20_000_000)), number(random.randint(1, 2000))
        stages.append(Stage(k + 1, (f"s{k}",), k, k, result, down, up, jacobian))
        behind = frozenset(random.sample(range(k), min(k, 2)))
        upstream.append(behind.union(*(upstream[each] for each in behind)))
    return Section(tuple(stages), tuple(upstream))


@pytest.mark.parametrize("count", [25, 50, 100])
def test_a_plan_of_many_stages_is_improved_in_a_few_rounds(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    section, task = beside(count), Task()
    tried: list[object] = []
    whole = Amounts.whole
    monkeypatch.setattr(
        Amounts, "whole", lambda self, plan: tried.append(plan) or whole(self, plan)
    )
    start = {stage: decisions._choice_alone(stage, task) for stage in section.stages}
    found = decisions._improved(section, task, start, list(section.stages))
    assert len(tried) < 8 * count

    def amount(plan: Assignment) -> float:
        known = amount_of(cost_of(section, plan), task)
        assert known is not None
        return known

    assert amount(found) == pytest.approx(whole(Amounts(section, task), found))
    assert amount(found) < amount(start)
    for stage, choice in itertools.product(section.stages, ALONE):
        assert amount(found) <= amount({**found, stage: choice})


def test_facts_of_a_program_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each version: as it stands, and with its messages sent again, for two modes."""
    calls = counting(monkeypatch, activity, "_dependence")
    found, _ = cost(sequence(3), "program.py", Request("mixed", of="program", wrt=("w",)))
    assert found is not None
    assert len(calls) == 3
    assert set(calls.values()) == {1}
