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
