"""The gallery: every sample has derivatives beside it that are JAX's, an audit, and runs as a script.

`samples/derivatives/<sample>/<mode>.py` is what `fadc transform` writes, and `audit.md` what
`fadc audit` writes of reverse mode. `pytest --update-golden` writes them anew. Read what has changed.
"""

import functools
import runpy
import sys
from pathlib import Path

import jax
import pytest

from fadc import cli, transform

from .correctness import harness
from .samples import GALLERY, ROOT, Sample

DERIVATIVES = ROOT / "samples" / "derivatives"

every_sample = pytest.mark.parametrize("sample", GALLERY, ids=lambda sample: sample.name)
every_derivative = pytest.mark.parametrize(
    ("sample", "mode"),
    [pytest.param(s, mode, id=f"{mode}-{s.name}") for s in GALLERY for mode in s.modes],
)


def fadc(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """The exit status of the command line, from the root of the repository."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "argv", ["fadc", *words])
    return cli.main()


def test_every_file_is_in_the_gallery() -> None:
    files = {path.stem for path in (ROOT / "samples").glob("*.py")}
    assert files == {sample.name for sample in GALLERY}
    assert {path.name for path in DERIVATIVES.iterdir()} == files
    for sample in GALLERY:
        wanted = {f"{mode}.py" for mode in sample.modes} | {"audit.md"}
        assert {path.name for path in (DERIVATIVES / sample.name).iterdir()} == wanted


@every_derivative
def test_the_derivative_is_what_transform_emits(
    sample: Sample, mode: str, update: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = f"samples/derivatives/{sample.name}/{mode}.py"
    (ROOT / file).parent.mkdir(parents=True, exist_ok=True)
    written = [] if update else ["--check"]
    words = [sample.path, "--mode", mode, *sample.options, "-o", file, *written]
    assert fadc(monkeypatch, "transform", *words) == 0


@every_sample
def test_the_audit_is_what_audit_writes(
    sample: Sample, update: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, now = DERIVATIVES / sample.name / "audit.md", tmp_path / "audit.md"
    words = [sample.path, "--mode", "reverse", *sample.options, "-o", str(now)]
    assert fadc(monkeypatch, "audit", *words) == 0
    if update:
        file.write_bytes(now.read_bytes())
    assert now.read_text("utf-8") == file.read_text("utf-8"), "run pytest --update-golden"


@every_sample
def test_the_derivatives_are_jax_s(sample: Sample) -> None:
    """In every mode, at two client counts, and those of forward and reverse mode are transposes.

    At the first count the gradient stands for the pullback, where there is one.
    """
    for clients in (2, 5):
        case, made = case_of(sample, clients), {}
        for mode in sample.modes:
            text = (DERIVATIVES / sample.name / f"{mode}.py").read_text(encoding="utf-8")
            made[mode] = derivatives(case, text, mode)
            for derived in made[mode] if clients == 5 else made[mode][-1:]:
                harness.assert_agrees(derived)
        if clients == 5 and "forward" in made:
            assert_transposes(made["forward"][0], made["reverse"][0])


def assert_transposes(pushed: harness.Case, pulled: harness.Case) -> None:
    """⟨J v, u⟩ = ⟨v, Jᵀ u⟩, of the emitted modules alone."""
    _, out_dot, *_ = pushed.results
    _, bars, *_ = pulled.results
    tangents = [pushed.arguments[name] for name in pushed.seeds]
    (seed,) = (pulled.arguments[name] for name in pulled.seeds)
    there, back = _inner(out_dot, seed), _inner(tangents, list(bars))
    assert there == pytest.approx(back, rel=1e-9, abs=1e-12)


def derivatives(case: harness.Case, text: str, mode: str) -> list[harness.Case]:
    """What a module has of the case's derivatives."""
    if mode == "forward":
        return [harness.forward_case(case, text, seed=1)]
    scalar = harness.has_value_and_grad(case, text)
    gradient = [harness.value_and_grad_case(case, text)] if scalar else []
    return [harness.reverse_case(case, text, seed=1), *gradient]


@functools.cache
def case_of(sample: Sample, clients: int) -> harness.Case:
    """The sample with random arguments."""
    return harness.source_case(
        sample.source,
        sample.of,
        sample.arguments(clients),
        wrt=sample.wrt,
        static=sample.static,
        result=sample.result,
        key=(sample.name, clients),
    )


def _inner(left: object, right: object) -> float:
    pairs = zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True)
    return float(sum((a * b).sum() for a, b in pairs if harness.is_real(a)))


def test_a_rule_for_cotangents_alone_is_refused_in_forward_mode() -> None:
    """The one sample without a forward mode: JAX has none for its `jax.custom_vjp` either."""
    (sample,) = (sample for sample in GALLERY if "forward" not in sample.modes)
    refused = transform(
        sample.source, mode="forward", of=sample.of, wrt=sample.wrt, result=sample.result
    )
    assert refused.text == ""
    assert [found.code for found in refused.diagnostics] == ["FAD417"]
    case = case_of(sample, 2)
    w = case.arguments["w"]
    with pytest.raises(TypeError, match="can't apply forward-mode autodiff"):
        jax.jvp(lambda w: harness.run_reference(case, {**case.arguments, "w": w}), (w,), (w,))


@every_sample
def test_it_runs_as_a_script(sample: Sample, capsys: pytest.CaptureFixture[str]) -> None:
    with jax.enable_x64(False):  # As a script finds it.
        runpy.run_path(str(ROOT / sample.path), run_name="__main__")
    printed = capsys.readouterr().out
    assert printed
    assert "nan" not in printed


def test_check_has_nothing_to_say(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fadc(monkeypatch, "check", "samples", "--strict") == 0
    assert "FAD" not in capsys.readouterr().out
