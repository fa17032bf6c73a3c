"""Whatever function is mapped, reading it gives an answer: functions of libraries, as they come."""

from __future__ import annotations

import ast
import importlib.util
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

import fadc
from fadc.diagnostics import Severity

LIBRARIES = ["optax", "jaxtyping"]
SLOW = ["jax", "numpy", "libcst"]


def _files(library: str) -> list[Path]:
    spec = importlib.util.find_spec(library)
    assert spec is not None and spec.submodule_search_locations
    return sorted(Path(spec.submodule_search_locations[0]).rglob("*.py"))


def _standard_library() -> list[Path]:
    root = Path(sysconfig.get_paths()["stdlib"])
    return sorted(p for p in root.rglob("*.py") if "site-packages" not in p.parts)


def _mapped(text: str) -> Iterator[str]:
    """The module, and a computation that maps each of its functions."""
    yield text
    yield "\nimport fadc as _fed\n"
    for number, node in enumerate(ast.parse(text).body):
        if isinstance(node, ast.FunctionDef) and not node.args.kwonlyargs:
            names = [f"a{n}" for n in range(len(node.args.posonlyargs + node.args.args))]
            parameters = ", ".join(f"{name}: _fed.Clients" for name in names)
            yield f"\n@_fed.computation\ndef _c{number}({parameters}) -> _fed.Clients:\n"
            yield f"    return _fed.map({', '.join([node.name, *names])})\n"


def _check(file: Path) -> int:
    try:
        text = file.read_text(encoding="utf-8")
        source = "".join(_mapped(text))
    except (UnicodeDecodeError, SyntaxError, ValueError):
        return 0  # A library's own tests hold files that are not to be read.
    lines = source.split("\n")
    found = fadc.check(source, mode="reverse", filename=str(file))
    for each in found:
        assert each.severity in Severity
        assert 0 < each.span.start_line <= each.span.end_line <= len(lines)
        assert each.span.end_column <= len(lines[each.span.end_line - 1])
    assert found == sorted(set(found), key=lambda d: (d.span, d.code))
    return source.count("_fed.map(")


@pytest.mark.parametrize("library", LIBRARIES)
def test_functions_of_a_library(library: str) -> None:
    assert sum(map(_check, _files(library))) > 5


@pytest.mark.slow
@pytest.mark.parametrize("library", SLOW)
def test_functions_of_a_large_library(library: str) -> None:
    assert sum(map(_check, _files(library))) > 100


@pytest.mark.slow
def test_functions_of_the_standard_library() -> None:
    assert sum(map(_check, _standard_library())) > 1000
