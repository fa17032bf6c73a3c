"""Programs of `tests/corners`: their derivatives are JAX's, in the ways in which they went wrong once."""

import dataclasses
import re
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

from . import harness
from .harness import Case, Step

CORNERS = sorted((Path(__file__).parent.parent / "corners").glob("[!_]*.py"))


def case_of(path: Path, clients: int) -> Case:
    """The program with random arguments."""
    text = path.read_text("utf-8")
    random = np.random.default_rng([1, clients])

    def server(*shape: int) -> jnp.ndarray:
        return jnp.asarray(random.uniform(0.3, 1.2, shape))

    def at_clients(*shape: int) -> jnp.ndarray:
        return server(clients, *shape)

    told = dict(re.findall(r"^# (\w+): (.*)$", text, re.MULTILINE))
    known = {"S": server, "C": at_clients, "jnp": jnp}
    result = told.get("result")
    return harness.source_case(
        text,
        "prog",
        eval(told["args"], known),
        wrt=tuple(told.get("wrt", "w").split(",")),
        static=eval(told.get("static", "{}")),
        result=int(result) if result and result.isdecimal() else result,
    )


def step_of(words: str) -> Step:
    """`reverse recompute every=2` as a step."""
    mode, *options = words.split()
    every = [int(each.removeprefix("every=")) for each in options if each.startswith("every=")]
    kept = [each for each in options if not each.startswith("every=")]
    return Step(mode, *kept, checkpoint=every[0] if every else None)  # type: ignore[arg-type]


def chains_of(path: Path) -> list[str]:
    (told,) = re.findall(r"^# steps: (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return [chain.strip() for chain in told.split(";")]


@pytest.mark.parametrize(
    ("path", "chain"),
    [(path, chain) for path in CORNERS for chain in chains_of(path)],
    ids=lambda part: part.stem if isinstance(part, Path) else part.replace(" ", "-"),
)
def test_the_derivative_is_that_of_jax(path: Path, chain: str) -> None:
    """Whatever is emitted on the way passes its own check, too."""
    case = case_of(path, 2)
    assert not harness.errors(harness.check(case.text))
    cases = [case]
    *before, last = map(step_of, chain.split(">"))
    for step in (*before, last):  # What comes out on the way is run where it is the end of a chain.
        cases = [each for case in cases for each in harness.derive(case, step, jit=step is last)]
        cases = [dataclasses.replace(each, wrt=each.wrt_and_seeds) for each in cases]
    assert cases, "no derivative was emitted"
