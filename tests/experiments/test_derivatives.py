"""The derivatives of the experiments are what `fadc transform` emits of their programs."""

import sys
import tomllib
from pathlib import Path

import pytest

from fadc import cli

ROOT = Path(__file__).parents[2]
EXPERIMENTS = "samples/experiments"
TABLE = tomllib.loads((ROOT / EXPERIMENTS / "derivatives.toml").read_text(encoding="utf-8"))


def stems(folder: str) -> set[str]:
    """The modules in a folder of the experiments."""
    return {path.stem for path in (ROOT / EXPERIMENTS / folder).glob("[!_]*.py")}


def test_every_program_and_derivative_is_in_the_table() -> None:
    assert stems("derivatives") == set(TABLE)
    assert stems("programs") == {entry["program"] for entry in TABLE.values()}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_the_derivative_is_what_transform_emits(
    name: str, update: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = TABLE[name]
    program = f"{EXPERIMENTS}/programs/{entry['program']}.py"
    output = ["-o", f"{EXPERIMENTS}/derivatives/{name}.py"]
    check = [] if update else ["--check"]
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(
        sys, "argv", ["fadc", "transform", program, *entry["options"], *output, *check]
    )
    assert cli.main() == 0
