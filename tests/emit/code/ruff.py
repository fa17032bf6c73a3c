"""ruff's formatter, which says what the layout of code has to be."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_WIDE = ("--line-length=320", "--config=format.skip-magic-trailing-comma=true")


def formatted(sources: Sequence[str], folder: Path, wide: bool = False) -> list[str]:
    """The sources as ruff formats them; if ``wide``, on lines of up to 320 columns."""
    paths = [folder / f"module_{i}.py" for i in range(len(sources))]
    for path, source in zip(paths, sources, strict=True):
        path.write_text(source)
    options = _WIDE if wide else ("--line-length=100",)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--quiet"]
    subprocess.run([*command, *options, str(folder)], check=True)
    return [path.read_text() for path in paths]
