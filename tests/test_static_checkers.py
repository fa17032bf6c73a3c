"""mypy and pyright take a placed value for what is placed: its type, or anything where it is bare."""

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from .samples import ROOT

PLACED = '''
from typing import Any, Optional

from jaxtyping import Array, Float
from typing_extensions import assert_type

import fadc as fed

Model = fed.Server[Float[Array, "d"]]
Batch = tuple[fed.Clients[Float[Array, "n d"]], fed.Clients]


@fed.computation
def program(
    model: Model,
    bare: fed.Server,
    batch: Batch,
    optional: fed.Clients[str] | None,
    older: Optional[fed.Clients],
    quoted: "dict[str, fed.Clients[int]]",
) -> tuple[Model, fed.Server]:
    """Each parameter is of the type that the assertion says."""
    assert_type(model, Array)
    assert_type(bare, Any)
    assert_type(batch, tuple[Array, Any])
    assert_type(optional, str | None)
    assert_type(older, Any | None)
    assert_type(quoted, dict[str, int])
    return model, bare.of.any.kind


def call(x: Array) -> None:
    """The decorator leaves the signature alone."""
    assert_type(program(x, 1, (x, x), None, None, {}), tuple[Array, Any])
'''

WRONG = PLACED + "    program(x, 1, (x, x), 3, None, {})\n"


def programs(folder: Path) -> list[Path]:
    """The samples and their derivatives, under names of their own."""
    derivatives = sorted((ROOT / "samples" / "derivatives").glob("*/*.py"))
    named = {f"{file.parent.name}_{file.stem}": file for file in derivatives}
    named |= {file.stem: file for file in sorted((ROOT / "samples").glob("*.py"))}
    for name, file in named.items():
        shutil.copy(file, folder / f"{name}.py")
    return [folder / f"{name}.py" for name in named]


MYPY = """
[mypy]
check_untyped_defs = True
ignore_missing_imports = True

[mypy-placed]
disallow_any_generics = True
"""


def mypy(folder: Path, files: Sequence[Path]) -> list[str]:
    """The errors that mypy finds."""
    (folder / "mypy.ini").write_text(MYPY, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", "cache", *map(str, files)],
        cwd=folder,
        env={"MYPYPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return [line for line in done.stdout.splitlines() if ": error:" in line]


def pyright(folder: Path, files: Sequence[Path]) -> list[str]:
    """The errors that pyright finds."""
    if importlib.util.find_spec("pyright") is None:
        pytest.skip("pyright is not installed")
    settings = {"extraPaths": [str(ROOT)], "reportPossiblyUnboundVariable": False}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(
        [*command, *map(str, files)], cwd=folder, capture_output=True, text=True, check=False
    )
    if not done.stdout.startswith("{"):
        pytest.skip(f"pyright does not run here: {done.stderr.strip()[-200:]}")
    found = json.loads(done.stdout)["generalDiagnostics"]
    return [f"{each['file']}: {each['message']}" for each in found if each["severity"] == "error"]


each_checker = pytest.mark.parametrize("checker", [mypy, pyright], ids=lambda each: each.__name__)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the checked files are, and what mypy remembers of JAX's."""
    return tmp_path_factory.mktemp("checked")


@each_checker
def test_placed_values_are_of_the_type_that_is_placed(checker, folder: Path) -> None:
    for text, wrong in ((PLACED, 0), (WRONG, 1)):
        (folder / "placed.py").write_text(text, encoding="utf-8")
        found = checker(folder, [folder / "placed.py"])
        assert len(found) == wrong, found


@each_checker
def test_samples_and_their_derivatives_have_no_errors(checker, folder: Path) -> None:
    files = programs(folder)
    assert len(files) > 50
    assert checker(folder, files) == []
