"""Mends texts as `fadc check --fix` does, and runs what comes out."""

from __future__ import annotations

from typing import Any

from fadc import pipeline
from fadc.fixes.apply import Fixed, fix_text
from fadc.language.computation import is_computation
from fadc.verify.inputs import random_inputs

from ..correctness import harness


def mended(text: str) -> Fixed:
    """The text with all fixes, checked in no particular mode."""
    return fix_text(text, lambda each: pipeline.check(each, "program.py", fixes=True), list)


def results(text: str, clients: int) -> dict[str, Any]:
    """What each computation of a module computes from random arguments, by its name."""
    module = harness.load(text, "mended")
    functions = {name: each for name, each in vars(module).items() if is_computation(each)}
    return {name: each(**random_inputs(each, clients, seed=0)) for name, each in functions.items()}


def assert_computes_the_same(text: str, other: str) -> None:
    """Two texts of one module compute the same for two numbers of clients."""
    for clients in (2, 5):
        harness.assert_close(results(text, clients), results(other, clients), "the mended program")
