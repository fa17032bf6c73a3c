"""What a computation sends, as recorded, and how fadc differentiated it, as its header says."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax

from fadc.engines import record
from samples.experiments.report import Traffic


def traffic(computation: Callable[..., Any], *args: Any, **kwargs: Any) -> Traffic:
    """What one call of a computation sends. It is traced and not run."""
    with record() as run:
        jax.eval_shape(lambda: computation(*args, **kwargs))
    return Traffic(run.rounds, run.down, run.up)


def plan(module: ModuleType) -> str:
    """The mode of an emitted module and the stages, as its header has them."""
    header = inspect.getsource(module).split("\n\n", 1)[0]
    paragraphs = header.replace("\n#\n", "\n\n").split("\n\n")
    said = [part for part in paragraphs if " mode with respect to" in part]
    said += [part for part in paragraphs if part.startswith(("# Stages", "#   stage"))]
    lines = [line[2:] for part in said for line in part.splitlines()]
    return "\n".join(line for line in lines if not line.startswith("Rounds, and"))
