"""What `check` says of small programs, written as people would write them, right ones and wrong ones.

`verdicts/*.test` holds whole modules, each under a title. `#! CODE text` at the end of a line says
that this is reported there, with that text underlined; nothing else is. `verdicts/*.lines` holds
bodies of one computation, one a line, where ` ;; ` stands for a new line.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ..soundness import findings

FOLDER = Path(__file__).parent / "verdicts"

PRELUDE = """\
import functools
from functools import partial
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree
import fadc as fed

def grad(w, x):
    return w * x

"""
FRAME = """\
@fed.computation
def f(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]], k: int, flag: bool
) -> fed.Server[Float[Array, "d"]]:
    {body}
"""


def verdicts(source: str) -> list[tuple[int, str]]:
    """Line and `CODE text` of each finding; of a text over several lines, the first."""
    lines = source.split("\n")
    found = []
    for each in findings(source):
        span = each.span
        end = span.end_column if span.end_line == span.start_line else None
        text = lines[span.start_line - 1][span.start_column : end].partition("#!")[0].strip()
        found.append((span.start_line, f"{each.code} {text}"))
    return found


def expected(source: str) -> list[tuple[int, str]]:
    """What the comments of a program say, in order."""
    return [
        (number, verdict.strip())
        for number, line in enumerate(source.split("\n"), 1)
        if "#!" in line
        for verdict in line.partition("#!")[2].split(" & ")
    ]


def modules() -> list[object]:
    """Every program of `*.test`; ` !` at the end of a title leaves the prelude out."""
    found = []
    for file in sorted(FOLDER.glob("*.test")):
        for part in re.split(r"^#### ", file.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            title, _, text = part.partition("\n")
            source = text if title.endswith(" !") else PRELUDE + text
            found.append(pytest.param(source, id=f"{file.stem}: {title.removesuffix(' !')}"))
    return found


def bodies() -> list[object]:
    """Every line of `*.lines`: a body, and what is reported in it."""
    found = []
    for file in sorted(FOLDER.glob("*.lines")):
        for line in file.read_text("utf-8").splitlines():
            body, _, said = line.partition("  #! ")
            if body:
                verdicts = said.split(" & ") if said else []
                found.append(pytest.param(body.rstrip(), verdicts, id=f"{file.stem}: {body}"))
    return found


@pytest.mark.parametrize("source", modules())
def test_module(source: str) -> None:
    assert verdicts(source) == expected(source)


@pytest.mark.parametrize(("body", "said"), bodies())
def test_body(body: str, said: list[str]) -> None:
    text = body.replace(" ;; ", "\n    ")
    if "return" not in body:
        text += "\n    return v" if re.search(r"\bv\b", body) else "\n    return w"
    found = verdicts(PRELUDE + FRAME.format(body=text))
    assert [verdict for _, verdict in found] == said
