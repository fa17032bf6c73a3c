"""What is emitted for the samples, as plain files, and that each of these files is right.

`pytest --update-golden` writes `tests/golden/<sample>/<stage>` anew. Read what has changed. What is
emitted without further options stands beside the samples: see `test_gallery.py`.
"""

from pathlib import Path
from typing import Any

import pytest

import fadc
from fadc import pipeline
from fadc.derive.request import Request
from fadc.passes.finish import PASSES

from .correctness import harness
from .samples import SAMPLES, Sample

GOLDEN = Path(__file__).parent / "golden"

STAGES: dict[str, dict[str, Any]] = {
    "reverse.recompute.py": {"mode": "reverse", "residuals": "recompute"},
    "reverse.rebroadcast.py": {"mode": "reverse", "residuals": "rebroadcast"},
}
CHECKPOINTED = {"reverse.checkpoint.py": {"mode": "reverse", "checkpoint": 2}}

MODULES = [(sample, stage) for sample in SAMPLES for stage in STAGES] + [
    (sample, stage) for sample in SAMPLES if sample.name == "fedavg_mlp" for stage in CHECKPOINTED
]
DUMPS = [(sample, name) for sample in SAMPLES if sample.name == "fedavg" for name in PASSES]


def file_of(sample: Sample, stage: str) -> Path:
    """Where the golden text of a stage is."""
    return GOLDEN / sample.name / stage


def emitted(sample: Sample, stage: str) -> str:
    """The module that is emitted now."""
    done = fadc.transform(
        sample.source,
        filename=sample.path,
        of=sample.of,
        wrt=sample.wrt,
        result=sample.result,
        **{**STAGES, **CHECKPOINTED}[stage],
    )
    assert not harness.errors(done.diagnostics), done.diagnostics
    return done.text


def dumped(sample: Sample, name: str) -> str:
    """The IR after a pass of reverse mode that rebroadcasts: all passes have work there."""
    residuals = "rebroadcast" if name == "rebroadcast" else "store"
    request = Request("reverse", wrt=sample.wrt, residuals=residuals, dump_after=name)
    done = pipeline.transform(sample.source, sample.path, request)
    assert done.dumps, f"nothing was dumped after {name}"
    return done.dumps


def compare(text: str, file: Path, update: bool) -> None:
    """The text is what the file says, or becomes it."""
    if update:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    assert file.is_file(), f"{file} is missing: run pytest --update-golden"
    assert text == file.read_text(encoding="utf-8"), f"{file} differs: run pytest --update-golden"


def _ids(value: object) -> str | None:
    return value.name if isinstance(value, Sample) else None


@pytest.mark.parametrize(("sample", "stage"), MODULES, ids=_ids)
def test_what_is_emitted(sample: Sample, stage: str, update: bool) -> None:
    compare(emitted(sample, stage), file_of(sample, stage), update)


@pytest.mark.parametrize(("sample", "name"), DUMPS, ids=_ids)
def test_the_passes(sample: Sample, name: str, update: bool) -> None:
    compare(dumped(sample, name), file_of(sample, f"{name}.ir"), update)


@pytest.mark.parametrize(("sample", "stage"), MODULES, ids=_ids)
def test_every_golden_derivative_is_jax_s(sample: Sample, stage: str) -> None:
    text = file_of(sample, stage).read_text(encoding="utf-8")
    case = harness.source_case(
        sample.source,
        sample.of,
        sample.arguments(clients=3),
        wrt=sample.wrt,
        static=sample.static,
        result=sample.result,
    )
    for each in (
        harness.reverse_case(case, text, seed=1),
        harness.value_and_grad_case(case, text),
    ):
        harness.assert_agrees(each)


def test_no_golden_file_is_left_over(update: bool) -> None:
    wanted = {file_of(*each) for each in MODULES}
    wanted |= {file_of(sample, f"{name}.ir") for sample, name in DUMPS}
    orphans = sorted({file for file in GOLDEN.rglob("*") if file.is_file()} - wanted)
    for orphan in orphans if update else ():
        orphan.unlink()
    assert update or not orphans, f"no stage makes these files: {orphans}"


def test_ruff_has_nothing_to_add(tmp_path: Path) -> None:
    """Its default rules say nothing of what is emitted that they do not say of the sample."""
    modules = {f"{k}": file_of(*each).read_text("utf-8") for k, each in enumerate(MODULES)}
    sources = {f"{k}": sample.source for k, (sample, _) in enumerate(MODULES)}
    (tmp_path / "emitted").mkdir()
    (tmp_path / "sources").mkdir()
    found = harness.lint(modules, tmp_path / "emitted")
    known = harness.lint(sources, tmp_path / "sources")
    assert not {MODULES[int(k)][0].name: found[k] - known[k] for k in found if found[k] - known[k]}
