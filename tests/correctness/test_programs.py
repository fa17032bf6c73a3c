"""The derivatives of every program of the catalogue are JAX's.

The default suite pairs client counts with ways to run (2 eagerly, 5 under jit), with policies other than
`store` under jit alone, and takes one second order of each program. `--slow` runs all combinations, all
second orders of all residual policies, and more third orders.
"""

import collections
import dataclasses
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ..programs.catalogue import PROGRAMS, Program
from . import harness
from .harness import RESIDUALS, Case, Step

FORWARD = Step("forward")
REVERSE = Step("reverse")
SECOND_ORDERS = {
    "forward_over_reverse": (REVERSE, FORWARD),
    "reverse_over_forward": (FORWARD, REVERSE),
    "reverse_over_reverse": (REVERSE, REVERSE),
}
THIRD_ORDERS = {
    "forward_over_forward_over_reverse": (REVERSE, FORWARD, FORWARD),
    "reverse_over_forward_over_reverse": (REVERSE, FORWARD, REVERSE),
    "reverse_over_reverse_over_reverse": (REVERSE, REVERSE, REVERSE),
}

ONE_SECOND_ORDER_EACH = [
    pytest.param(
        program,
        order,
        id=f"{order}-{program.id}",
        marks=() if (number + turn) % len(SECOND_ORDERS) == 0 else pytest.mark.slow,
    )
    for turn, order in enumerate(SECOND_ORDERS)
    for number, program in enumerate(PROGRAMS)
]

every_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.id)


@pytest.fixture(autouse=True)
def _imports_are_there(request: pytest.FixtureRequest) -> None:
    if "program" in request.fixturenames:
        for name in request.getfixturevalue("program").needs:
            pytest.importorskip(name)


def runs(slow: bool) -> Iterator[tuple[int, dict[str, bool]]]:
    """Client counts, and whether to run eagerly and under jit."""
    yield 2, {"eager": True, "jit": slow}
    yield 5, {"eager": slow, "jit": True}


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> bool:
    """Whether `--slow` was given."""
    return bool(request.config.getoption("--slow", default=False))


@every_program
def test_forward(program: Program, slow: bool) -> None:
    """NAME_jvp is jax.jvp."""
    skip_without_forward(program, (FORWARD,))
    for clients, how in runs(slow):
        harness.derive(harness.primal_case(program, clients), FORWARD, **how)


@pytest.mark.parametrize("residuals", RESIDUALS)
@every_program
def test_reverse(program: Program, residuals: str, slow: bool) -> None:
    """NAME_vjp is jax.vjp, NAME_value_and_grad is jax.value_and_grad and exists where it should."""
    step = Step("reverse", residuals)
    if residuals == "rebroadcast" and program.refuses_rebroadcast:
        harness.assert_refused(harness.primal_case(program, 2), step)
        return
    may_refuse = residuals == "rebroadcast" and program.rebroadcast == "either"
    for clients, how in runs(slow) if slow or residuals == "store" else [*runs(slow)][1:]:
        case = harness.primal_case(program, clients)
        derived = harness.derive(case, step, may_refuse=may_refuse, **how)
        assert not derived or len(derived) == 1 + program.scalar


@every_program
def test_transposes(program: Program, slow: bool) -> None:
    """⟨J v, u⟩ = ⟨v, Jᵀ u⟩."""
    skip_without_forward(program, (FORWARD,))
    for clients in (2, 5) if slow else (2,):
        case = harness.primal_case(program, clients)
        jvp = harness.forward_case(case, harness.transform(case, FORWARD).text, seed=1)
        vjp = harness.reverse_case(case, harness.transform(case, REVERSE).text, seed=1)
        harness.assert_transposes(jvp, vjp)


@pytest.mark.parametrize(("program", "order"), ONE_SECOND_ORDER_EACH)
def test_second_order(program: Program, order: str, slow: bool) -> None:
    """The emitted program is a program, and its derivative is the derivative of JAX's."""
    if not program.second:
        pytest.skip("the catalogue asks for the first order only")
    steps = SECOND_ORDERS[order]
    skip_without_forward(program, steps)
    for clients, how in runs(slow) if slow else [(2, {"eager": True, "jit": False})]:
        derive_again(harness.primal_case(program, clients), steps, how)


@pytest.mark.slow
@pytest.mark.parametrize("residuals", ("recompute", "rebroadcast"))
@pytest.mark.parametrize("order", SECOND_ORDERS)
@every_program
def test_second_order_of_other_policies(program: Program, order: str, residuals: str) -> None:
    """The same, with the residual policy in every reverse step."""
    steps = [
        Step("reverse", residuals) if step.mode == "reverse" else step
        for step in SECOND_ORDERS[order]
    ]
    skip_without_forward(program, steps)
    # What is carried round a loop in an emitted program may make rebroadcast impossible there; and
    # where a function is run again, its own forward mode is asked for, not that of its pullback.
    may_refuse = residuals == "rebroadcast" or not program.forward
    derive_again(harness.primal_case(program, 2), steps, {"eager": True}, may_refuse=may_refuse)


@pytest.mark.parametrize(
    "program", [program for program in PROGRAMS if program.third], ids=lambda program: program.id
)
@pytest.mark.parametrize("order", THIRD_ORDERS)
def test_third_order(program: Program, order: str) -> None:
    """And once more."""
    derive_again(harness.primal_case(program, 2), THIRD_ORDERS[order], {"eager": True})


@pytest.mark.parametrize(
    "program",
    [program for program in PROGRAMS if program.name.startswith(("loop_", "tape_", "call_with_l"))],
    ids=lambda program: program.id,
)
@pytest.mark.parametrize("every", [1, 2])
def test_checkpoints(program: Program, every: int) -> None:
    """Loops that store every K-th carried value only."""
    step = Step("reverse", checkpoint=every)
    harness.derive(harness.primal_case(program, 2), step, eager=True)


def test_ruff_has_nothing_to_add(tmp_path: Path) -> None:
    """Ruff's default rules say nothing of what is emitted that they do not say of the source."""
    sources, emitted = {}, {}
    for program in PROGRAMS:
        case = harness.primal_case(program, 2)
        for step in (FORWARD, *(Step("reverse", residuals) for residuals in RESIDUALS)):
            text = harness.transform(case, step).text
            if text:
                name = f"{program.id}_{step}".replace("-", "_")
                sources[name], emitted[name] = program.source, text
    (tmp_path / "emitted").mkdir()
    (tmp_path / "source").mkdir()
    after = harness.lint(emitted, tmp_path / "emitted")
    before = harness.lint(sources, tmp_path / "source")
    new = collections.defaultdict(list)
    for name in after:
        known = {_unnumbered(finding) for finding in before[name]}
        for finding in after[name]:
            if _unnumbered(finding) not in known:
                new[finding].append(name)
    assert not new, "\n".join(f"{finding}: {names}" for finding, names in sorted(new.items()))


def _unnumbered(finding: tuple[str, str]) -> tuple[str, str]:
    """A finding about `step_2` is the one about `step` where the source has that one."""
    code, message = finding
    return code, re.sub(r"_\d+`", "`", message)


def derive_again(
    case: Case,
    steps: Sequence[Step],
    how: dict[str, bool],
    *,
    may_refuse: bool = False,
) -> None:
    """Derives step by step with respect to wrt and the seeds, and compares the last order."""
    step, *rest = steps
    this = {"eager": False, "jit": False} if rest else how
    for derived in harness.derive(case, step, may_refuse=may_refuse, **this):
        if rest:
            again = dataclasses.replace(derived, wrt=derived.wrt_and_seeds)
            derive_again(again, rest, how, may_refuse=may_refuse)


@pytest.mark.parametrize(
    "program", [program for program in PROGRAMS if not program.forward], ids=lambda p: p.id
)
def test_forward_mode_is_refused_where_jax_has_none(program: Program) -> None:
    harness.assert_refused(harness.primal_case(program, 2), FORWARD)


def skip_without_forward(program: Program, steps: Sequence[Step]) -> None:
    """A function with a custom reverse rule has no forward derivative, in JAX either."""
    if steps[0].mode == "forward" and not program.forward:
        pytest.skip("jax.custom_vjp has no forward mode")
