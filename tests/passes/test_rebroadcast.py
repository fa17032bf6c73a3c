"""Stateless clients: nothing that a client made in one round is read in another."""

from pathlib import Path

import pytest

from fadc.diagnostics import Severity
from fadc.differentiate import differentiate
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
from fadc.request import Request, choose_computation
from fadc.syntax.computations import read_program

from ..programs.catalogue import PROGRAMS, Program

SAMPLES = sorted(Path("samples").glob("*.py"), key=lambda path: path.name)
STATELESS = [path for path in SAMPLES if path.stem != "scaffold"]


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


@pytest.mark.parametrize("policy", ["rebroadcast", "recompute"])
@pytest.mark.parametrize("sample", STATELESS, ids=lambda path: path.stem)
def test_no_client_value_outlives_its_round(sample: Path, policy: str) -> None:
    """With `recompute` the clients do remember, so that the check itself is checked."""
    reading = read_program(sample.read_text(), str(sample))
    chosen = choose_computation(reading, None, str(sample))
    derived = differentiate(reading, chosen, Request("reverse", residuals=policy))
    kept = []
    for computation in derived.derivatives.computations.values():
        inputs = {value for p in computation.parameters for value in leaves(p.tree)}
        kept += remembered(computation.block, inputs)
    assert bool(kept) == (policy == "recompute")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.id)
def test_none_does_in_any_program(program: Program) -> None:
    reading = read_program(program.source, program.id)
    chosen = choose_computation(reading, program.of, program.id)
    result = None if program.result is None else str(program.result)
    asked = Request("reverse", wrt=program.wrt, result=result, residuals="rebroadcast")
    derived = differentiate(reading, chosen, asked)
    if any(each.severity is Severity.ERROR for each in derived.diagnostics):
        return  # What is refused instead is tested with the programs.
    for computation in derived.derivatives.computations.values():
        inputs = {value for p in computation.parameters for value in leaves(p.tree)}
        assert remembered(computation.block, inputs) == []
