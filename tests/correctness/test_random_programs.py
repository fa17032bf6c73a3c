"""Random programs run, and their derivatives are JAX's, in both modes and to the second order.

`--slow` runs a thousand in each test.
"""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..strategies.programs import RandomProgram, programs
from . import harness
from .harness import Case, Step

SEED = 7
REVERSE_POLICIES = st.sampled_from(harness.RESIDUALS)
ORDERS = st.sampled_from(
    [("reverse", "forward"), ("forward", "reverse"), ("reverse", "reverse"), ("forward", "forward")]
)


def examples(count: int) -> settings:
    """The settings of a random test. Shrinking is worth any time: it ends with a readable text."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def case_of(program: RandomProgram, clients: int) -> Case:
    """The program with random arguments."""
    arguments = program.inputs(clients, np.random.default_rng([SEED, clients]))
    return harness.source_case(
        program.source, program.of, arguments, wrt=program.wrt, static=program.static
    )


def check_primal(program: RandomProgram) -> None:
    """Fully within the language: it runs, and fadc accepts it."""
    for clients in (2, 5):
        case = case_of(program, clients)
        harness.assert_agrees(case, eager=clients == 2)
    complaints = harness.errors(harness.check(program.source))
    assert not complaints, complaints


def check_first_order(program: RandomProgram, residuals: str) -> None:
    """Forward and reverse, and that they are transposes of each other."""
    for clients in (2, 5):
        case = case_of(program, clients)
        (jvp,) = harness.derive(case, Step("forward"))
        vjp, *_ = harness.derive(case, Step("reverse"))
        harness.assert_transposes(jvp, vjp)
        harness.derive(case, Step("reverse", residuals), may_refuse=residuals == "rebroadcast")


def check_second_order(program: RandomProgram, order: tuple[str, str]) -> None:
    """The derivative of every emitted derivative, with respect to wrt and the seeds."""
    first, second = order
    for derived in harness.derive(case_of(program, 2), Step(first), jit=False):
        again = dataclasses.replace(derived, wrt=derived.wrt_and_seeds)
        harness.derive(again, Step(second))


@examples(60)
@given(programs())
def test_primal(program: RandomProgram) -> None:
    """Every generated program is a program."""
    check_primal(program)


@examples(30)
@given(programs(), REVERSE_POLICIES)
def test_first_order(program: RandomProgram, residuals: str) -> None:
    """Both modes, all residual policies, two client counts."""
    check_first_order(program, residuals)


@examples(40)
@given(programs(), ORDERS)
def test_second_order(program: RandomProgram, order: tuple[str, str]) -> None:
    """All four combinations of modes."""
    check_second_order(program, order)


@pytest.mark.slow
@examples(1000)
@given(programs())
def test_primal_of_many(program: RandomProgram) -> None:
    """The same, for more programs."""
    check_primal(program)


@pytest.mark.slow
@examples(1000)
@given(programs(), REVERSE_POLICIES)
def test_first_order_of_many(program: RandomProgram, residuals: str) -> None:
    """The same, for more programs."""
    check_first_order(program, residuals)


@pytest.mark.slow
@examples(1000)
@given(programs(), ORDERS)
def test_second_order_of_many(program: RandomProgram, order: tuple[str, str]) -> None:
    """The same, for more programs."""
    check_second_order(program, order)
