"""The derivatives of every program of the catalogue are JAX's.

The default suite runs what is emitted under jit, for each eighth program eagerly, too: eager operations are
compiled one by one, which takes longer. All first orders of a program are one test, so that JAX's derivative
is compiled once. Beside `store` each program has one other policy, in turn and with 5 clients alone, and each
other program one second order. `--slow` runs all combinations, and all second orders of all residual policies.
"""

import collections
import dataclasses
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from ..programs.catalogue import PROGRAMS, Program
from ..turns import in_turn
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


every_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.id)


@pytest.fixture(autouse=True)
def _imports_are_there(request: pytest.FixtureRequest) -> None:
    if "program" in request.fixturenames:
        for name in request.getfixturevalue("program").needs:
            pytest.importorskip(name)


@every_program
def test_first_order(program: Program, slow: bool) -> None:
    """NAME_jvp is jax.jvp, NAME_vjp jax.vjp, NAME_value_and_grad jax.value_and_grad; ⟨J v, u⟩ = ⟨v, Jᵀ u⟩."""
    eager = slow or PROGRAMS.index(program) % 8 == 0
    for clients in (2, 5):
        case = harness.primal_case(program, clients)
        full = clients == 5 or slow
        vjp, *others = harness.derive(case, REVERSE, eager=eager, seeded=full)
        assert len(others) == program.scalar
        if program.forward:  # A function with a custom reverse rule has none, in JAX either.
            (jvp,) = harness.derive(case, FORWARD, eager=eager)
            if full:
                harness.assert_transposes(jvp, vjp)
        if full:
            policies = RESIDUALS[1:]
            turn = PROGRAMS.index(program) % len(policies)
            check_policies(program, case, policies if slow else policies[turn:][:1], slow)


def check_policies(program: Program, case: Case, policies: Iterable[str], slow: bool) -> None:
    """What clients keep makes no difference to the derivative."""
    for residuals in policies:
        step = Step("reverse", residuals)
        if residuals == "rebroadcast" and program.refuses_rebroadcast:
            harness.assert_refused(case, step)
            continue
        may_refuse = residuals == "rebroadcast" and program.rebroadcast == "either"
        harness.derive(case, step, eager=slow, seeded=slow, may_refuse=may_refuse)


@pytest.mark.parametrize(("program", "order"), in_turn(PROGRAMS, SECOND_ORDERS, step=2))
def test_second_order(program: Program, order: str, slow: bool) -> None:
    """The emitted program is a program, and its derivative is the derivative of JAX's."""
    if not program.second:
        pytest.skip("the catalogue asks for the first order only")
    steps = SECOND_ORDERS[order]
    skip_without_forward(program, steps)
    for clients in (2, 5) if slow else (2,):
        derive_again(harness.primal_case(program, clients), steps, eager=slow)


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
    derive_again(harness.primal_case(program, 2), steps, may_refuse=may_refuse)


THIRD = [program for program in PROGRAMS if program.third]


@pytest.mark.parametrize(("program", "order"), in_turn(THIRD, THIRD_ORDERS))
def test_third_order(program: Program, order: str) -> None:
    """And once more."""
    derive_again(harness.primal_case(program, 2), THIRD_ORDERS[order])


LOOPS = [p for p in PROGRAMS if p.name.startswith(("loop_", "tape_", "call_with_l"))]


@pytest.mark.parametrize(("program", "every"), in_turn(LOOPS, (1, 2)))
def test_checkpoints(program: Program, every: int) -> None:
    """Loops that store every K-th carried value only."""
    step = Step("reverse", checkpoint=every)
    harness.derive(harness.primal_case(program, 2), step)


def test_ruff_has_nothing_to_add(tmp_path: Path, slow: bool) -> None:
    """Ruff's default rules say nothing of what is emitted that they do not say of the source.

    Of each program one derivative is looked at, in turn; all of them with `--slow`.
    """
    sources, emitted = {}, {}
    steps = (FORWARD, *(Step("reverse", residuals) for residuals in RESIDUALS))
    for number, program in enumerate(PROGRAMS):
        case = harness.primal_case(program, 2)
        for step in steps if slow else (steps[number % len(steps)],):
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
    case: Case, steps: Sequence[Step], *, eager: bool = False, may_refuse: bool = False
) -> None:
    """Derives step by step with respect to wrt and the seeds, and compares the last order."""
    step, *rest = steps
    last = not rest
    how = {"eager": eager and last, "jit": last, "may_refuse": may_refuse}
    for derived in harness.derive(case, step, **how):
        if rest:
            again = dataclasses.replace(derived, wrt=derived.wrt_and_seeds)
            derive_again(again, rest, eager=eager, may_refuse=may_refuse)


@pytest.mark.parametrize(
    "program", [program for program in PROGRAMS if not program.forward], ids=lambda p: p.id
)
def test_forward_mode_is_refused_where_jax_has_none(program: Program) -> None:
    harness.assert_refused(harness.primal_case(program, 2), FORWARD)


def skip_without_forward(program: Program, steps: Sequence[Step]) -> None:
    """A function with a custom reverse rule has no forward derivative, in JAX either."""
    if steps[0].mode == "forward" and not program.forward:
        pytest.skip("jax.custom_vjp has no forward mode")
