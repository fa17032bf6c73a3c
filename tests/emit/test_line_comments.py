"""The comments that name the primal statement of a reverse statement."""

from __future__ import annotations

import fadc

SOURCE = """\
import fadc as fed
from jaxtyping import Array, Float


def scaled(w, x):
    return w * x


@fed.computation
def loss(
    w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]]
) -> fed.Server[Float[Array, ""]]:
    shown = fed.map(scaled, fed.broadcast(w), x)  # fadc: ignore[FAD504] as the reviewer knows by now
    return fed.mean(shown)
"""


def test_the_comment_behind_a_statement_is_not_repeated() -> None:
    """A directive to fadc, above all, is about the statement only: cut, it would mean another one."""
    text = fadc.transform(SOURCE, mode="reverse").text
    assert "    # Line 13: shown = fed.map(scaled, fed.broadcast(w), x)\n" in text
    assert fadc.check(text) == []


LONG = """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def scaled(w, x, power):
    return w * x**power


@fed.computation
def total(
    w: fed.Server[Float[Array, ""]], x: fed.Clients[Float[Array, ""]], rounds: int = 2
) -> fed.Server[Float[Array, ""]]:
    for k in range(
        rounds,  # how often
    ):
        if k == 0:
            w = w + fed.mean(
                fed.map(
                    scaled,  # the clients' work
                    fed.broadcast(w),
                    x,
                    power=2,
                )
            )
        elif (
            k
            == 1
        ):
            w = fed.mean(fed.map(scaled, fed.broadcast(jnp.sin(w) * jnp.cos(w)), x, power=3)) * 2.0
    return w
"""


LAST = LONG.split("\n")[30].strip()


def quotations(source: str) -> list[str]:
    """The quotations in what is emitted in reverse mode, their lines joined."""
    text = fadc.transform(source, mode="reverse", of="total").text
    lines = [line.strip() for line in text.split("\n")]
    found: list[str] = []
    for before, line in zip(["", *lines], lines, strict=False):
        if line.startswith("# Line"):
            found.append(line.removeprefix("# "))
        elif found and line.startswith("#     ") and before.startswith(("# Line", "#     ")):
            found[-1] += " " + line.removeprefix("#").strip()
    return list(dict.fromkeys(found))


def test_whole_statements_are_quoted_and_loops_and_branches_by_their_first_line() -> None:
    assert quotations(LONG) == [
        "Line 15: for k in range(rounds):",
        "Line 18: if k == 0:",
        "Line 19: w = w + fed.mean(fed.map(scaled, fed.broadcast(w), x, power=2))",
        "Line 27: elif k == 1:",
        f"Line 31: {LAST}",
    ]
    text = fadc.transform(LONG, mode="reverse", of="total").text
    assert max(len(line) for line in text.split("\n")) <= 100
