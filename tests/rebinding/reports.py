"""What is printed and written of failures: small programs with how they fail at the top."""

from __future__ import annotations

import re
from pathlib import Path

from .shrinking import Failing
from .types import CLIENTS, Leaf, Type

SHAPES = {"vector": "3", "scalar": "", "half": "3, bfloat16", "integer": "int"}


def report(seed: int, failing: Failing) -> str:
    """A failing program with comments at its top, as it is written to a file."""
    program = failing.program
    given = [f"{name}={_argument(type_)}" for name, type_ in program.parameters]
    given += [f"{name}={value!r}" for name, value in program.static.items()]
    head = [
        f"goes wrong: {failing.failure.kind}",
        *failing.failure.message.splitlines()[:4],
        f"options: {failing.derivation or 'fadc check'}",
        f"args: dict({', '.join(given)}); {program.clients} clients",
        f"wrt: {list(program.wrt)}",
        f"seed: {seed}",
    ]
    return "".join(f"# {line}\n" for line in head) + program.source


def _argument(type_: Type) -> str:
    """`S(3)` for a vector at the server, `C(3)` for one at each client."""
    if not isinstance(type_, Leaf):
        return str(type_)
    return f"{'C' if type_.placement == CLIENTS else 'S'}({SHAPES.get(type_.kind, type_.kind)})"


def write(folder: Path, number: int, seed: int, failing: Failing) -> Path:
    """Writes a failure's report; its derivative stands beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    words = re.sub(r"\W+", "_", failing.failure.kind).strip("_").lower()[:60]
    path = folder / f"{number:03d}_{words}.py"
    path.write_text(report(seed, failing), encoding="utf-8")
    if failing.failure.emitted:
        path.with_suffix(".emitted").write_text(failing.failure.emitted, encoding="utf-8")
    return path
