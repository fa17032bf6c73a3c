"""Computations that call each other: what is found of one is found once, and counts for every call."""

from __future__ import annotations

import ast
import itertools
import re
from collections import Counter

import pytest

from fadc import pipeline
from fadc.analyses import scheduling
from fadc.analyses.sizes import Size
from fadc.analyses.traffic import traffic
from fadc.audit.audits import audit
from fadc.audit.closure import closure
from fadc.cost.cheapest import cheapest
from fadc.cost.compute import cost
from fadc.cost.costs import Costs, Row
from fadc.derive.request import Request
from fadc.ir import Call
from fadc.plan import sections
from fadc.plan.stacks import admits_stacks
from fadc.reports.audits.html import audit_html
from fadc.reports.audits.json import audit_json
from fadc.reports.audits.markdown import audit_markdown
from fadc.syntax.computations import read_program

DEPTH = 40

HEAD = """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_step(w, x):
    return w * jnp.sin(x)


def client_loss(w, x):
    return jnp.sum(w * x)


"""
PARAMETERS = '(w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]])'
LEAF = """\
    kept = fed.map(client_step, fed.broadcast(w), x)
    return w - 0.1 * fed.mean(kept), kept
"""
END = """\
    w, kept = {first}(w, x)
    w, kept = {second}(w, kept)
    return fed.mean(fed.map(client_loss, fed.broadcast(w), kept))
"""


def computation(name: str, body: str, result: str = "tuple[fed.Server, fed.Clients]") -> str:
    return f"@fed.computation\ndef {name}{PARAMETERS} -> {result}:\n{body}\n\n"


def calling(first: str, second: str) -> str:
    return f"    w, kept = {first}(w, x)\n    w, kept = {second}(w, kept)\n    return w, kept\n"


def called_twice(depth: int) -> str:
    """Computations of which each calls the one before it twice, with client values of each other."""
    texts = [computation("level_0", LEAF)]
    texts += [
        computation(f"level_{k}", calling(f"level_{k - 1}", f"level_{k - 1}"))
        for k in range(1, depth)
    ]
    end = END.format(first=f"level_{depth - 1}", second=f"level_{depth - 1}")
    return "".join([HEAD, *texts, computation("program", end, "fed.Server")])


def copied(depth: int) -> str:
    """The same with a computation of its own for each call."""
    texts: list[str] = []

    def make(level: int, name: str) -> str:
        body = LEAF if level == 0 else calling(*(make(level - 1, f"{name}{k}") for k in "ab"))
        texts.append(computation(name, body))
        return name

    end = END.format(first=make(depth - 1, "level_a"), second=make(depth - 1, "level_b"))
    return "".join([HEAD, *texts, computation("program", end, "fed.Server")])


def costs_of(text: str) -> Costs:
    found, diagnostics = cost(text, "program.py", Request("mixed", of="program", wrt=("w",)))
    assert found is not None, diagnostics
    return found


def ones(size: Size) -> int:
    """A size where every symbol is 1."""
    return sum(size.terms.values())


def told(row: Row) -> tuple[object, ...]:
    """What is said of a row, but for sizes that are called by lines."""
    messages = Counter(
        (send.direction, send.primitive, send.sweep, held.role)
        for send in row.schedule.sends
        for held in send.items
        for _ in range(ones(send.count))
    )
    work = {
        name: (ones(found.forward), ones(found.tangent), ones(found.backward))
        for name, found in row.work.items()
    }
    kept = {(each.kept.value.name, each.kept.value.role, each.kept.sweep) for each in row.memory}
    traffic = (str(row.traffic.rounds), ones(row.traffic.down), ones(row.traffic.up))
    return row.plan, row.kind, traffic, messages, work, kept, row.same_clients


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_all_calls_count(depth: int) -> None:
    shared, own = costs_of(called_twice(depth)), costs_of(copied(depth))
    assert [told(row) for row in shared.rows] == [told(row) for row in own.rows]
    assert any(row.memory for row in shared.rows)


def test_the_rounds_of_many_calls_are_exact() -> None:
    costs = costs_of(called_twice(DEPTH))
    rounds = 2**DEPTH + 1
    assert costs.primal.rounds == rounds
    assert {row.rounds for row in costs.rows if row.kind == "jvp"} == {rounds}
    assert {row.rounds for row in costs.rows if row.kind == "vjp"} == {2 * rounds}
    assert cheapest(costs).candidates


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "forward"},
        {"mode": "reverse"},
        {"mode": "reverse", "checkpoint": 2},
        {"mode": "reverse", "residuals": "recompute"},
        {"mode": "reverse", "residuals": "rebroadcast"},
        {"mode": "mixed"},
    ],
    ids=lambda options: "-".join(map(str, options.values())),
)
def test_what_is_emitted_grows_with_the_depth(options: dict[str, object]) -> None:
    lengths = []
    for depth in (DEPTH // 4, DEPTH // 2, DEPTH):
        request = Request(of="program", wrt=("w",), **options)  # type: ignore[arg-type]
        source = called_twice(depth)
        if request.residuals == "rebroadcast":  # No client value lives from one call to the next.
            source = source.replace(", kept)", ", x)")
        text = pipeline.transform(source, "program.py", request).text
        assert text
        assert not closure(text).objections
        lengths.append(len(text))
    assert lengths[2] < 2.2 * lengths[1] < 2.2 * 2.2 * lengths[0]


def test_the_audit_grows_with_the_depth() -> None:
    pages = []
    for depth in (DEPTH // 2, DEPTH):
        request = Request("reverse", of="program", wrt=("w",))
        found, _ = audit(called_twice(depth), "program.py", request)
        assert found is not None
        assert found.certificate.holds
        pages.append([len(write(found)) for write in (audit_markdown, audit_html, audit_json)])
    assert all(after < 2.3 * before for before, after in zip(*pages, strict=True))


def test_a_computation_is_gone_through_once_for_arguments_that_are_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls: Counter[str] = Counter()
    routine = scheduling._ScheduleWalk._routine

    def counted(self: object, callee: object, call: object) -> object:
        calls[callee.name] += 1  # type: ignore[attr-defined]
        return routine(self, callee, call)  # type: ignore[arg-type]

    monkeypatch.setattr(scheduling._ScheduleWalk, "_routine", counted)
    program = read_program(called_twice(DEPTH), "program.py", lambda path: None).program
    assert str(traffic(program.computations, "program").rounds) == str(2**DEPTH + 1)
    assert len(calls) == DEPTH
    assert max(calls.values()) <= 3


def test_the_stages_of_a_computation_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: Counter[object] = Counter()
    section = sections._Finder._section

    def counted(self: object, block: object, again: bool) -> object:
        calls[block] += 1
        return section(self, block, again)  # type: ignore[arg-type]

    monkeypatch.setattr(sections._Finder, "_section", counted)
    request = Request("mixed", of="program", wrt=("w",))
    assert pipeline.transform(called_twice(DEPTH), "program.py", request).text
    assert len(calls) == DEPTH + 1
    assert max(calls.values()) <= 2


def test_a_statement_with_a_call_is_looked_for_by_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[object] = []
    walk = ast.walk
    monkeypatch.setattr(ast, "walk", lambda node: walked.append(node) or walk(node))
    step = "    return w - fed.mean(fed.map(client_step, fed.broadcast(w), x))\n"
    numbers = []
    for count in (50, 100):
        body = "    w = level_0(w, x)\n" * count + "    return w\n"
        program = computation("program", body, "fed.Server")
        walked.clear()
        text = f"{HEAD}{computation('level_0', step, 'fed.Server')}{program}"
        assert not pipeline.check(text, "program.py")
        numbers.append(len(walked))
    assert numbers[1] < 2.5 * numbers[0]


def test_calls_whose_steps_are_shown_have_one_line() -> None:
    request = Request("reverse", of="program", wrt=("w",))
    found, _ = audit(called_twice(3), "program.py", request)
    assert found is not None
    page = audit_markdown(found)
    lines = re.findall(r"Note over Server,Clients: (.*)", page)
    assert "level_1 again, as above: 2 down, 2 up" in lines
    assert any(
        re.fullmatch(r"level_0_bwd\w* again, as above: 1 down, 1 up", each) for each in lines
    )
    assert "level_1 again, as above: 2 down, 2 up" in audit_html(found)


def test_a_deep_chain_of_calls_is_proven_closed() -> None:
    names = [f"level_{k}" for k in range(30)]
    texts = [computation(names[0], LEAF)]
    for before, name in itertools.pairwise(names):
        texts.append(computation(name, f"    w, kept = {before}(w, x)\n    return w, kept\n"))
    end = f"    w, kept = {names[-1]}(w, x)\n    return fed.sum(kept)\n"
    text = "".join([HEAD, *texts, computation("program", end, "fed.Server")])
    found, _ = audit(text, "program.py", Request("reverse", of="program", wrt=("w",)))
    assert found is not None
    assert found.certificate.holds


def test_computations_that_call_each_other_twice_are_looked_at_once() -> None:
    """Whether stacks of tangents can be pushed through them all."""
    program = read_program(called_twice(DEPTH), "program.py", lambda path: None).program
    (call, *_) = program.computations[f"level_{DEPTH - 1}"].block
    assert isinstance(call, Call)
    assert admits_stacks(call, program)
