"""`check` over other people's code: no traceback, and nothing found where nothing is federated."""

from __future__ import annotations

import ast
import random
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import fadc
from fadc.texts import normalised

from .programs.catalogue import PROGRAMS
from .samples import GALLERY, ROOT
from .soundness import errors, findings

STANDARD_LIBRARY = Path(sysconfig.get_paths()["stdlib"])
INSTALLED = Path(sysconfig.get_paths()["purelib"])
ROOTS = {
    "standard library": STANDARD_LIBRARY,
    **{name: INSTALLED / name for name in ("jax", "numpy", "libcst", "optax")},
}
SAMPLE = 30
"""Files of each corpus that the default run reads."""

# These are there to be no Python: test data of parsers.
NOT_PYTHON = ("lib2to3/tests/data/", "test/tokenizedata/", "test/badsyntax", "test/bad_coding")

slow = pytest.mark.slow
corpora = pytest.mark.parametrize(
    ("name", "whole"),
    [
        pytest.param(name, whole, id=f"{name}, whole" if whole else name, marks=[slow] * whole)
        for name in ROOTS
        for whole in (False, True)
    ],
)


def sources(name: str, whole: bool) -> Iterator[tuple[Path, str]]:
    """The texts of a corpus, or a sample of them that is always the same."""
    root = ROOTS[name]
    if not root.is_dir():
        pytest.skip(f"{name} is not installed")
    files = sorted(each for each in root.rglob("*.py") if "site-packages" not in _below(each, root))
    chosen = files if whole else random.Random(0).sample(files, min(SAMPLE, len(files)))
    for file in chosen:
        if any(part in file.as_posix() for part in NOT_PYTHON):
            continue
        try:
            yield file, normalised(file.read_bytes().decode())
        except UnicodeDecodeError:
            continue


def _below(file: Path, root: Path) -> tuple[str, ...]:
    return file.relative_to(root).parts


@corpora
def test_nothing_is_federated(name: str, whole: bool) -> None:
    """`import fadc` has each file read, and there is no error in it."""
    found = {
        file: [f"{each.code}: {each.message}" for each in errors(findings(f"import fadc\n{text}"))]
        for file, text in sources(name, whole)
    }
    assert found
    assert not {file: messages for file, messages in found.items() if messages}


@corpora
@pytest.mark.parametrize("nested", [False, True], ids=["top", "nested"])
def test_any_function_as_a_computation(name: str, whole: bool, nested: bool) -> None:
    """The front end meets arbitrary Python, and finds something wrong with nearly all of it."""
    found = sum(len(findings(federated(text, nested=nested))) for _, text in sources(name, whole))
    assert found > (1000 if whole else 20)


REVERSE_ONLY = {
    *(sample.name for sample in GALLERY if "forward" not in sample.modes),
    *(program.name for program in PROGRAMS if not program.forward),
}
"""Programs that JAX has no forward derivative of."""


@pytest.mark.parametrize(
    ("folder", "modes"),
    [
        ("samples", (None, "forward", "reverse")),
        ("tests/programs", (None, "forward", "reverse")),
        ("tests/programs/staged", (None,)),  # Some of them are for one mode.
        ("tests/golden", (None,)),
    ],
    ids=["samples", "programs", "staged programs", "derivatives"],
)
def test_right_programs_and_their_derivatives(folder: str, modes: tuple[str | None, ...]) -> None:
    files = sorted((ROOT / folder).glob("*/*.py" if folder == "tests/golden" else "*.py"))
    assert files
    for file in files:
        for mode in modes:
            found = fadc.check(file.read_text("utf-8"), filename=str(file), mode=mode)
            reverse_only = mode == "forward" and file.stem in REVERSE_ONLY
            wanted = {"FAD417"} if reverse_only else set()
            assert {each.code for each in errors(list(found))} == wanted, file


def federated(text: str, nested: bool) -> str:
    """The text with `@fadc.computation` above its functions: all of them, or those at its top."""
    with warnings.catch_warnings(action="ignore"):
        tree = ast.parse(text)
    lines = text.split("\n")
    places: dict[int, str] = {}
    for node in ast.walk(tree) if nested else tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            line = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
            before = lines[line][: len(lines[line]) - len(lines[line].lstrip())]
            if lines[line].lstrip().startswith(("def", "async", "@")):
                places[line] = f"{before}@fadc.computation"
    for line, mark in sorted(places.items(), reverse=True):
        lines.insert(line, mark)
    return "\n".join(["import fadc", *lines])
