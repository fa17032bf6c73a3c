"""Mixed mode is JAX's derivative, whatever becomes of each stage."""

import dataclasses
import functools
import itertools
from collections.abc import Iterable
from pathlib import Path

import pytest

import fadc
from fadc.plan.costs import CHOICES

from ..programs.catalogue import PROGRAMS, Program
from ..programs.staged.catalogue import PREFIXES, STAGED, STAGES, Staged
from ..turns import in_turn
from . import harness
from .harness import Case, Step

MIXED = Step("mixed")
JACOBIANS = {"accumulate": (("all", "jacobian"),)}
every_program = pytest.mark.parametrize("program", STAGED, ids=lambda program: program.id)


def slow_prefixes(programs: Iterable[Staged]) -> pytest.MarkDecorator:
    """These programs; those that mixed mode pushes forward take long."""
    slow = (pytest.mark.slow,)
    params = [pytest.param(p, marks=slow if p in PREFIXES else (), id=p.id) for p in programs]
    return pytest.mark.parametrize("program", params)


@functools.lru_cache(maxsize=64)
def case_of(program: Staged, clients: int) -> Case:
    """The program with random arguments."""
    return harness.source_case(
        program.source,
        program.of,
        program.arguments(clients),
        wrt=program.wrt,
        static=program.static,
        key=(program.id, clients),
    )


@every_program
def test_what_is_chosen(program: Staged) -> None:
    """By the sizes of the values, and without them; ⟨J v, u⟩ = ⟨v, Jᵀ u⟩."""
    harness.derive(case_of(program, 2), MIXED, seeded=False)
    case = case_of(program, 5)
    (jvp,) = harness.derive(case, Step("forward"))
    step = dataclasses.replace(MIXED, dims=tuple(program.dims.items()))
    vjp, *_ = harness.derive(case, step)
    harness.assert_transposes(jvp, vjp)


@pytest.mark.parametrize("program", STAGES, ids=lambda program: program.id)
def test_jacobians_and_pullbacks(program: Staged, slow: bool) -> None:
    """All such plans of programs of up to two stages, and each Jacobian of the others; by default half of them."""
    wanted = [told for told in plans(program) if "pushforward" not in choices_of(told)]
    derive_all(program, wanted if slow else wanted[:: 2 if len(wanted) > 2 else 1])


@pytest.mark.slow
@every_program
def test_pushforwards(program: Staged) -> None:
    """All plans that push forward of programs of up to two stages, and up to each stage of the others."""
    derive_all(program, [told for told in plans(program) if "pushforward" in choices_of(told)])


def derive_all(program: Staged, choices: list[tuple[tuple[str, str], ...]]) -> None:
    """Hold what comes out for each of these choices against JAX."""
    for told in choices:
        step = dataclasses.replace(MIXED, accumulate=told)
        refused = program.name == "two_mechanisms"
        harness.derive(case_of(program, 2), step, may_refuse=refused)


def choices_of(told: tuple[tuple[str, str], ...]) -> set[str]:
    return {choice for _, choice in told}


def plans(program: Staged) -> list[tuple[tuple[str, str], ...]]:
    """What `--accumulate` can say of a program's stages."""
    pairs = [(str(n), c) for n in range(1, 7) for c in CHOICES if is_possible(program, {n: c})]
    names = list(dict.fromkeys(name for name, _ in pairs))
    if len(names) > 2:
        return [(pair,) for pair in pairs if pair[1] != "pullback"]
    chosen = itertools.product(*([pair for pair in pairs if pair[0] == name] for name in names))
    return [told for told in chosen if is_possible(program, dict(told))]


def is_possible(program: Staged, accumulate: dict) -> bool:
    """Whether the stages have these choices."""
    try:
        options = {"of": program.of, "wrt": program.wrt, "accumulate": accumulate}
        fadc.transform(program.source, mode="mixed", **options)
    except fadc.UsageError:
        return False
    return True


@pytest.mark.parametrize("every", [1, 2])
def test_checkpoints(every: int) -> None:
    """Stages of a loop that runs again are pulled back, the others are not."""
    program = next(each for each in STAGED if each.id == "rounds")
    for derived in harness.derive(
        case_of(program, 2), dataclasses.replace(MIXED, checkpoint=every)
    ):
        assert "pulled back, as the loop runs again from its checkpoints" in derived.text
        assert "losses_jac" in derived.text


@pytest.mark.parametrize("residuals", harness.RESIDUALS)
@slow_prefixes([p for p in STAGED if all(p.specs[name] == "" for name in p.wrt)])
def test_tangents_of_scalars_pushed_forward(program: Staged, residuals: str) -> None:
    """Whatever clients keep, which is nothing here; and that is differentiated again."""
    step = Step("mixed", residuals, accumulate=(("all", "pushforward"),))
    for derived in harness.derive(case_of(program, 3), step):
        again = dataclasses.replace(derived, wrt=derived.wrt_and_seeds)
        harness.derive(again, Step("reverse"))


OTHER = ["recompute", "rebroadcast"]


@pytest.mark.parametrize(("program", "residuals"), in_turn(STAGED, OTHER, slow=PREFIXES))
def test_other_policies(program: Staged, residuals: str) -> None:
    """What clients keep makes no difference to what is sent along; by default one policy each, in turn."""
    step = dataclasses.replace(MIXED, residuals=residuals, dims=tuple(program.dims.items()))
    harness.derive(case_of(program, 3), step)


SECOND = [Step("forward"), Step("reverse"), MIXED]
NAMES = ["chain_of_two", "rounds", "pytrees", "weighted", "warm_start"]


@pytest.mark.parametrize(("name", "second"), in_turn(NAMES, SECOND, str))
def test_second_order(name: str, second: Step) -> None:
    """What mixed mode emits is a program, and is differentiated again; by default once each, in turn."""
    program = next(each for each in STAGED if each.name == name)
    step = dataclasses.replace(MIXED, dims=tuple(program.dims.items()))
    for derived in harness.derive(case_of(program, 2), step, jit=False):
        again = dataclasses.replace(derived, wrt=derived.wrt_and_seeds)
        harness.derive(again, second)


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.id)
def test_the_catalogue(program: Program) -> None:
    """Every program that reverse mode differentiates."""
    for name in program.needs:
        pytest.importorskip(name)
    harness.derive(harness.primal_case(program, 2), MIXED)


def test_ruff_has_nothing_to_add(tmp_path: Path) -> None:
    """Ruff's default rules say nothing of what is emitted that they do not say of the source."""
    sources, emitted = {}, {}
    for program in STAGED:
        for number, options in enumerate(({"dims": tuple(program.dims.items())}, JACOBIANS)):
            name = f"{program.id}_{number}".replace("-", "_")
            step = dataclasses.replace(MIXED, **options)
            sources[name] = program.source
            emitted[name] = harness.transform(case_of(program, 2), step).text
    assert all(emitted.values())
    (tmp_path / "sources").mkdir()
    (tmp_path / "emitted").mkdir()
    known = harness.lint(sources, tmp_path / "sources")
    found = harness.lint(emitted, tmp_path / "emitted")
    assert not {name: found[name] - known[name] for name in found if found[name] - known[name]}


def test_mixed_needs_no_mechanism_for_cotangents_that_it_does_not_send() -> None:
    """Jacobians go up through the mechanisms of their uploads."""
    program = next(each for each in STAGED if each.name == "two_mechanisms")
    done = fadc.transform(program.source, mode="reverse", wrt=program.wrt)
    assert [each.code for each in harness.errors(done.diagnostics)] == ["FAD302"]
    text = fadc.transform(program.source, mode="mixed", wrt=program.wrt).text
    assert "first_mean((sketches, sketches_jac))" in text
    assert "second_mean((losses, losses_jac))" in text
