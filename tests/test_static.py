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
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "canary.py"],
        ["check", "."],
        ["transform", "canary.py", "--mode", "forward", "--wrt", "w"],
        ["transform", "canary.py", "--mode", "reverse", "--wrt", "w"],
        ["cost", "canary.py", "--dim", "d=10"],
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


def test_importing_fadc_imports_no_tools() -> None:
    code = "import fadc, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"jax", "numpy", "typer", "rich", "libcst"} & set(done.stdout.split())
