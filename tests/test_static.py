"""`check`, `transform`, `cost`, `audit` and `explain` neither run the program nor import JAX."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

# The module of a user, which leaves a mark if it is ever run or imported.
CANARY = """\
import pathlib

from jaxtyping import Array, Float

import fadc as fed

pathlib.Path({mark!r}).touch()


@fed.computation
def total_loss(
    w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    return fed.sum(fed.map(lambda w, x: (w * x) ** 2, fed.broadcast(w), x))
"""

# Runs a command in a process of its own, then says on standard error what it has imported.
RUN = """\
import json, sys
from fadc.cli import main
status = main()
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
sys.exit(status)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "canary.py"],
        ["check", "."],
        ["transform", "canary.py", "--mode", "forward", "--wrt", "w"],
        ["transform", "canary.py", "--mode", "reverse", "--wrt", "w"],
        ["cost", "canary.py", "--dim", "w=10"],
        ["cost", "canary.py", "--output-format", "json"],
        ["audit", "canary.py", "--mode", "reverse", "--output-format", "json"],
        ["audit", "canary.py", "--mode", "forward", "--output-format", "html"],
        ["explain", "FAD202"],
        ["explain", "--all", "--format", "markdown"],
        ["--version"],
    ],
)
def test_nothing_is_run_and_neither_jax_nor_the_program_is_imported(
    tmp_path: Path, arguments: list[str]
) -> None:
    mark = tmp_path / "mark"
    (tmp_path / "canary.py").write_text(CANARY.format(mark=str(mark)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    imported = json.loads(done.stderr.splitlines()[-1])
    assert not {"jax", "jaxlib", "numpy", "jaxtyping", "canary"} & set(imported)
    assert not mark.exists()


def test_mending_a_program_does_not_run_it(tmp_path: Path) -> None:
    mark, canary = tmp_path / "mark", tmp_path / "canary.py"
    mended = CANARY.format(mark=str(mark))
    canary.write_text(mended.replace("fed.broadcast(w)", "w"), encoding="utf-8")
    command = [sys.executable, "-c", RUN, "check", "--fix", str(canary)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and canary.read_text(encoding="utf-8") == mended
    assert not {"jax", "numpy", "libcst", "canary"} & set(json.loads(done.stderr.splitlines()[-1]))
    assert not mark.exists()


def test_a_check_loads_what_it_needs(tmp_path: Path) -> None:
    """No compiler for a file that never mentions fadc; for one that does, nothing that derives."""
    (tmp_path / "plain.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "canary.py").write_text(CANARY.format(mark=""), encoding="utf-8")
    plain, canary = (_imported(tmp_path / name) for name in ("plain.py", "canary.py"))
    assert "fadc.project.checks" in plain and "fadc.syntax.computations" in canary
    assert not {"ast", "symtable", "pathlib", "fadc.ir", "fadc.pipeline"} & (plain - _standard())
    later = (
        "fadc.derive.differentiate",
        "fadc.derive.request",
        "fadc.emit.module",
        "libcst",
        "rich",
    )
    assert not [name for name in canary | plain if name.startswith(later)]


@pytest.mark.parametrize("options", [[], ["--mode", "forward"], ["--mode", "mixed"], ["--fix"]])
def test_a_check_does_without_libcst(tmp_path: Path, options: list[str]) -> None:
    """Even one that derives: nothing is written then."""
    (tmp_path / "canary.py").write_text(CANARY.format(mark=""), encoding="utf-8")
    found = _imported(tmp_path / "canary.py", *options)
    assert ("fadc.derive.differentiate" in found) == ("--mode" in options)
    assert not [name for name in found if name.startswith(("libcst", "fadc.emit.code"))]


def _imported(file: Path, *options: str) -> set[str]:
    command = [sys.executable, "-c", RUN, "check", str(file), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


def _standard() -> set[str]:
    """What typer and Python's own modules load, which varies."""
    code = "import dataclasses, json, sys, tokenize, typer; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


# What a pull request may bring along: each leaves a mark when it is run or imported.
STRANGERS = (
    "conftest.py",
    "setup.py",
    "sitecustomize.py",
    "usercustomize.py",
    "jaxtyping.py",
    "typer.py",
    "rich/__init__.py",
    "__main__.py",
    "__init__.py",
    "package/__init__.py",
    "package/helpers.py",
    "package/inner/__init__.py",
)
PROGRAM = """\
from jaxtyping import Array, Float

import fadc as fed

from . import __init__, inner
from .helpers import total_loss
from .inner.missing import everything
from package.helpers import total_loss as same_loss


@fed.computation
def doubled_loss(
    w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    return total_loss(w, x) + same_loss(w, x)
"""


@pytest.fixture
def pull_request(tmp_path: Path) -> Path:
    """A repository in which everything that could run leaves a mark."""
    root = tmp_path / "repository"
    mark = tmp_path / "mark"
    for name in STRANGERS:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        at_once = f"import pathlib\n\npathlib.Path({str(mark)!r}).touch()\n"
        (root / name).write_text(at_once + CANARY.format(mark=str(mark)), encoding="utf-8")
    (root / "package" / "program.py").write_text(PROGRAM, encoding="utf-8")
    settings = '[tool.fadc]\nmode = "reverse"\n[build-system]\nbuild-backend = "setup"\n'
    (root / "pyproject.toml").write_text(settings, encoding="utf-8")
    monitor = root / "monitor.sh"
    monitor.write_text(f"#!/bin/sh\ntouch '{mark}'\n", encoding="utf-8")
    monitor.chmod(0o755)
    for arguments in (["init", "--quiet"], ["config", "core.fsmonitor", str(monitor)]):
        subprocess.run(["git", "-C", str(root), *arguments], check=True)
    return root


def test_the_marks_can_be_left(pull_request: Path) -> None:
    """Git by itself runs the monitor, and Python the modules."""
    mark = pull_request.parent / "mark"
    subprocess.run(["git", "-C", str(pull_request), "status"], check=True, capture_output=True)
    assert mark.exists()
    mark.unlink()
    code = "import fadc, package.helpers"
    subprocess.run([sys.executable, "-c", code], cwd=pull_request, check=False, capture_output=True)
    assert mark.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "."],
        ["check", "package/program.py", "--mode", "forward"],
        ["transform", "package/helpers.py", "--mode", "reverse", "--wrt", "w"],
        ["transform", "package/program.py", "--mode", "reverse", "--wrt", "w"],
    ],
)
def test_nothing_of_a_pull_request_is_run(pull_request: Path, arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", RUN, *arguments],  # -P: as the command `fadc` is started.
        cwd=pull_request,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (pull_request.parent / "mark").exists()


def test_importing_fadc_imports_no_tools() -> None:
    code = "import fadc, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"jax", "numpy", "typer", "rich", "libcst"} & set(done.stdout.split())
