"""Stateless clients: nothing that a client made in one round is read in another."""

import ast
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fadc
from fadc.derive.differentiate import Differentiated, differentiate
from fadc.derive.request import Request, choose_computation
from fadc.diagnostics import Severity
from fadc.ir import (
    Aggregate,
    Block,
    Broadcast,
    Placement,
    Value,
    blocks,
    bound_inside,
    leaves,
    operands,
    placement,
    results,
    yielded,
)
from fadc.syntax.computations import read_program

from ..correctness import harness
from ..programs.catalogue import PROGRAMS, Program

SAMPLES = sorted(Path("samples").glob("*.py"), key=lambda path: path.name)
STATELESS = [path for path in SAMPLES if path.stem not in ("scaffold", "proxskip")]


def remembered(block: Block, inputs: set[Value]) -> list[Value]:
    """The client values that are read in a later round than the one that makes them."""
    found: list[Value] = []
    made: dict[Value, int] = {}
    number, uploaded = 0, False
    for operation in block:
        if isinstance(operation, Broadcast) and uploaded:
            number, uploaded = number + 1, False
        uploaded = uploaded or isinstance(operation, Aggregate)
        read = [*operands(operation), *yielded(operation)]
        for value in read:
            client = placement(value.type) is Placement.CLIENTS and value not in inputs
            if client and made.get(value, number) != number:
                found.append(value)
        for inner in blocks(operation):
            inside = {*inputs, *bound_inside(operation)}
            found += remembered(inner, inside)
        made.update(dict.fromkeys(results(operation), number))
    return found


def kept_between_rounds(derived: Differentiated) -> list[Value]:
    """What the derived computations remember so."""
    found: list[Value] = []
    for computation in derived.derivatives.computations.values():
        inputs = {value for p in computation.parameters for value in leaves(p.tree)}
        found += remembered(computation.block, inputs)
    return found


@pytest.mark.parametrize("policy", ["rebroadcast", "recompute"])
@pytest.mark.parametrize("sample", STATELESS, ids=lambda path: path.stem)
def test_no_client_value_outlives_its_round(sample: Path, policy: str) -> None:
    """With `recompute` the clients do remember, so that the check itself is checked."""
    reading = read_program(sample.read_text(), str(sample))
    chosen = choose_computation(reading, None, str(sample))
    derived = differentiate(reading, chosen, Request("reverse", residuals=policy))
    assert bool(kept_between_rounds(derived)) == (policy == "recompute")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.id)
def test_none_does_in_any_program(program: Program) -> None:
    reading = read_program(program.source, program.id)
    chosen = choose_computation(reading, program.of, program.id)
    result = None if program.result is None else str(program.result)
    asked = Request("reverse", wrt=program.wrt, result=result, residuals="rebroadcast")
    derived = differentiate(reading, chosen, asked)
    if any(each.severity is Severity.ERROR for each in derived.diagnostics):
        return  # What is refused instead is tested with the programs.
    assert kept_between_rounds(derived) == []


def again(node: ast.AST, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """The conditions that are asked again where the answer is known."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If):
            test = ast.unparse(child.test)
            if test in known:
                yield test
            yield from again(child, known | {test})
        else:
            yield from again(child, known)


BRANCHES = [program for program in PROGRAMS if "    if " in program.source]


@pytest.mark.parametrize("program", BRANCHES, ids=lambda program: program.id)
def test_no_condition_is_asked_again_where_it_is_known(program) -> None:
    """A program asks nothing twice, so neither do its derivatives."""
    if list(again(ast.parse(program.source))):
        return
    options = {"of": program.of, "wrt": program.wrt, "result": program.result}
    for residuals in ("store", "rebroadcast"):
        done = fadc.transform(program.source, mode="reverse", residuals=residuals, **options)
        assert not list(again(ast.parse(done.text)))


@pytest.mark.parametrize("condition", ["warm", "not warm", "steps > 1", "warm and steps > 1"])
@pytest.mark.parametrize(("warm", "steps"), [(True, 2), (False, 1), (True, 1)])
def test_what_an_arm_sends_again_is_sent_once(condition: str, warm: bool, steps: int) -> None:
    """The arm of the same condition is made again without it, together with what it holds."""
    program = next(each for each in PROGRAMS if each.name == "static_if_with_primitives")
    source = program.source.replace("warm: bool = True", "warm: bool = True, steps: int = 2")
    source = source.replace("if warm:", f"if {condition}:")
    done = fadc.transform(source, mode="reverse", of=program.of, residuals="rebroadcast")
    functions = {n.name: n for n in ast.parse(done.text).body if isinstance(n, ast.FunctionDef)}
    emitted = functions[f"{program.of}_vjp"]
    branches = [node for node in ast.walk(emitted) if isinstance(node, ast.If)]
    assert len(branches) == 4
    assert not any(inner in branches for each in branches for inner in list(ast.walk(each))[1:])
    calls = [ast.unparse(node.func) for node in ast.walk(emitted) if isinstance(node, ast.Call)]
    assert calls.count("fed.broadcast") == 4  # One in each arm of either sweep.
    draw = np.random.default_rng(0)

    def random(*shape: int) -> jax.Array:
        return jnp.asarray(draw.normal(size=shape))

    case = harness.source_case(
        source,
        program.of,
        {"w": random(4), "lr": random(), "x": random(3, 4)},
        wrt=("w", "lr"),
        static={"warm": warm, "steps": steps},
    )
    harness.derive(case, harness.Step("reverse", "rebroadcast"))


STATE = """
import fadc as fed


@fed.computation
def inner(x: fed.Clients) -> fed.Clients:
    return x


@fed.computation
def prog(z: fed.Clients, warm: bool = True) -> fed.Server:
    g = inner(z)
    if {first}:
        for _ in range(3):
            g = z
    if {second}:
        g = inner(g)
    return fed.sum(g)
"""


@pytest.mark.parametrize("second", ["False", "warm", "not warm"])
@pytest.mark.parametrize("first", ["False", "warm"])
def test_state_in_a_branch_that_runs_again_is_refused(first: str, second: str) -> None:
    """A segmented loop in a branch, whose cotangent is needed in a later round than the loop's own."""
    source = STATE.format(first=first, second=second)
    options = {"wrt": "z", "residuals": "rebroadcast", "checkpoint": 1}
    found = fadc.transform(source, mode="reverse", of="prog", **options)
    assert "FAD404" in {each.code for each in found.diagnostics}


STATE_IN_ONE_ARM = """
import fadc as fed


@fed.computation
def prog(w: fed.Server) -> fed.Server:
    other, g = (w, fed.broadcast((w, w)) if False else fed.broadcast((w, w)))
    if False:
        pass
    else:
        for _ in range(2):
            g, _ = fed.sum(g)
            g = fed.broadcast((g, w))
    return fed.sum(g)
"""


def test_state_that_is_refused_in_one_arm_of_a_branch() -> None:
    """What the refusal leaves unfinished is not handed to the passes behind."""
    found = fadc.transform(STATE_IN_ONE_ARM, mode="reverse", residuals="rebroadcast")
    assert found.text == ""
    assert {each.code for each in found.diagnostics} == {"FAD404"}
