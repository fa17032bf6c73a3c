"""Programs lose broadcasts, or get too many: their fixes give programs that compute what they did.

The samples come out clean. Of random programs some do not, since a value that was not sent is used
in other ways, too; what comes out clean computes the same.
"""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import jax
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fadc.diagnostics import Edit, Fix
from fadc.fixes.apply import Fixed, apply
from fadc.span import Span
from fadc.syntax.source.text import Text

from ..correctness import harness
from ..correctness.test_random_programs import case_of
from ..samples import SAMPLES, Sample
from ..strategies.programs import RandomProgram, programs
from .mending import mended


def calls(text: str, callee: str) -> list[ast.Call]:
    """The calls of a dotted name."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return [node for node in nodes if ast.unparse(node.func) == callee]


def without_broadcasts(text: str, chosen: Iterable[ast.Call]) -> str:
    """The text with some broadcasts written as what they send."""
    lines = Text.of(text, "program.py")
    edits = []
    for call in chosen:
        whole, sent = lines.span(call), lines.span(call.args[0])
        edits.append(Edit(Span("program.py", *whole.start, *sent.start), ""))
        edits.append(Edit(Span("program.py", *sent.end, *whole.end), ""))
    return apply(text, [Fix("", tuple(edits))]).text


def with_broadcasts(text: str, chosen: Iterable[ast.expr]) -> str:
    """The text with some expressions broadcast."""
    lines = Text.of(text, "program.py")
    edits = []
    for node in chosen:
        span = lines.span(node)
        edits.append(Edit(Span("program.py", *span.start, *span.start), "fed.broadcast("))
        edits.append(Edit(Span("program.py", *span.end, *span.end), ")"))
    return apply(text, [Fix("", tuple(edits))]).text


def with_captures(text: str) -> str:
    """`fed.map(f, fed.broadcast(w), x)` as `fed.map(lambda v0: f(w, v0), x)`, wherever it stands."""
    lines = Text.of(text, "program.py")
    edits = []
    for call in calls(text, "fed.map"):
        function, *given = call.args
        sent = given[0] if given else None
        if call.keywords or not isinstance(function, ast.Name) or not isinstance(sent, ast.Call):
            continue
        if ast.unparse(sent.func) == "fed.broadcast" and isinstance(sent.args[0], ast.Name):
            new = [f"v{number}" for number in range(len(given) - 1)]
            body = f"{function.id}({', '.join([sent.args[0].id, *new])})"
            span = lines.span(call.args[0])
            rest = lines.span(given[1]).start if new else lines.span(sent).end
            lambda_ = f"lambda {', '.join(new)}: {body}" + (", " if new else "")
            edits.append(Edit(Span("program.py", *span.start, *rest), lambda_))
    return apply(text, [Fix("", tuple(edits))]).text


def mutants(text: str) -> Iterator[str]:
    """The text with too few broadcasts, with too many, and with captures in their place."""
    broadcasts = calls(text, "fed.broadcast")
    for call in broadcasts:
        yield without_broadcasts(text, [call])
    yield without_broadcasts(text, broadcasts)
    yield with_broadcasts(text, client_arguments(text))
    yield with_captures(text)


def client_arguments(text: str) -> list[ast.expr]:
    """The names among the arguments of `fed.map`, which are at the clients all."""
    return [
        argument
        for call in calls(text, "fed.map")
        for argument in call.args[1:]
        if isinstance(argument, ast.Name)
    ]


def is_clean(fixed: Fixed) -> bool:
    return not harness.errors(fixed.diagnostics)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_samples_are_mended(sample: Sample) -> None:
    def computed(text: str, clients: int) -> Any:
        module = harness.load(text, sample.name)
        return jax.jit(getattr(module, sample.of))(**sample.arguments(clients))

    expected = computed(sample.source, 3)
    for mutant in mutants(sample.source):
        fixed = mended(mutant)
        assert fixed.count and fixed.diagnostics == []
        harness.assert_close(computed(fixed.text, 3), expected, f"\n{fixed.text}\n")
        assert mended(fixed.text).text == fixed.text


RANDOM = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def assert_mends(program: RandomProgram, mutant: str) -> None:
    """What comes out clean computes what the program computes, and stays as it is."""
    fixed = mended(mutant)
    if not is_clean(fixed):
        return
    for clients in (2, 5):
        meant = case_of(program, clients)
        case = case_of(dataclasses.replace(program, source=fixed.text), clients)
        actual = harness.run_eagerly(case, case.arguments)
        expected = harness.run_eagerly(meant, meant.arguments)
        harness.assert_close(harness.moved(actual, meant.home), expected, fixed.text)
    assert mended(fixed.text).text == fixed.text


@RANDOM
@given(programs())
def test_random_programs_with_fewer_messages_compute_the_same(program: RandomProgram) -> None:
    """As they are, they send many a value twice or in every iteration."""
    assert_mends(program, program.source)


@RANDOM
@given(programs(), st.randoms(use_true_random=False))
def test_random_programs_without_some_broadcasts(program: RandomProgram, random: Any) -> None:
    broadcasts = calls(program.source, "fed.broadcast")
    chosen = [call for call in broadcasts if random.random() < 0.5]
    assert_mends(program, without_broadcasts(program.source, chosen))


@RANDOM
@given(programs())
def test_random_programs_with_broadcasts_of_client_values(program: RandomProgram) -> None:
    assert_mends(program, with_broadcasts(program.source, client_arguments(program.source)))


@RANDOM
@given(programs())
def test_random_programs_with_captures(program: RandomProgram) -> None:
    assert_mends(program, with_captures(program.source))
