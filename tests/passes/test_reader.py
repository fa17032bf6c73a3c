"""The text of IR says what the passes go by: what is read back from it fares as what was printed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fadc.derive.differentiate import differentiate
from fadc.derive.request import Request, choose_computation
from fadc.ir import Computation, Program
from fadc.ir.text import computation_text
from fadc.passes.finish import PASSES
from fadc.passes.keep_residuals import keep_residuals
from fadc.syntax.computations import read_program

from .reader import read_ir

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "samples").glob("*.py"), key=lambda path: path.name)
PROGRAMS = sorted((ROOT / "tests" / "programs").glob("*_*.py"), key=lambda path: path.name)
REQUESTS = (
    Request("forward"),
    Request("reverse"),
    Request("reverse", residuals="rebroadcast", checkpoint=2),
    Request("mixed"),
)


def text_of(program: Program) -> str:
    """All computations as text."""
    return "".join(f"{computation_text(each)}\n" for each in program.computations.values())


def dumps(path: Path, request: Request) -> Iterator[tuple[str, str]]:
    """The text after each pass, by its name."""
    reading = read_program(path.read_text("utf-8"), str(path))
    chosen = choose_computation(reading, None, str(path))
    for name in PASSES:
        yield name, differentiate(reading, chosen, replace(request, dump_after=name)).dumps


def _id(value: object) -> str:
    return value.stem if isinstance(value, Path) else f"{value.mode}-{value.residuals}"


@pytest.mark.parametrize("request_", REQUESTS, ids=_id)
@pytest.mark.parametrize("path", SAMPLES, ids=_id)
def test_samples_read_back_as_they_were_printed(path: Path, request_: Request) -> None:
    for name, text in dumps(path, request_):
        assert text_of(read_ir(text)) == text, name


@pytest.mark.parametrize("path", PROGRAMS, ids=_id)
def test_programs_read_back_as_they_were_printed(path: Path) -> None:
    program = read_program(path.read_text("utf-8"), str(path)).program
    assert text_of(read_ir(text_of(program))) == text_of(program)


@pytest.mark.parametrize("path", SAMPLES, ids=_id)
def test_what_is_read_fares_as_what_was_printed(path: Path) -> None:
    """Residuals go by marks, groups and placements: the pass makes of the text what it made of the IR."""
    texts = dict(dumps(path, Request("reverse")))

    def kept(computation: Computation) -> Computation:
        return replace(computation, block=keep_residuals(computation.block))

    made = {name: kept(each) for name, each in read_ir(texts["simplify"]).computations.items()}
    before, after = text_of(Program(made)), texts["residuals"]
    assert sorted(before.split("\ncomputation ")) == sorted(after.split("\ncomputation "))
