"""Comments in server expressions and lambdas reach the derivative, and change nothing else in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import fadc

from .code.ruff import formatted

PROGRAM = """\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def loss(w, x):
    return jnp.mean((x - w) ** 2)


@fed.computation
def program(
    w: fed.Server[Float[Array, "d"]],
    rate: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    rounds: int = 2,
) -> fed.Server[Float[Array, ""]]:
    for k in range(rounds):
        delta = fed.mean(
            fed.map(
                lambda w, x: (
                    # the clients' residuals
                    w - jnp.mean(x, axis=0)  # less their own means
                ),
                fed.broadcast(w),
                x,
            )
        )
        shift = fed.mean(
            fed.map(lambda w, x:  # a colon before it
                    w * jnp.mean(x), fed.broadcast(delta), x)
        )
        w = (
            w  # where the round began
            # and a step down
            - rate * delta
        ) * 0.5 + shift
        w = jnp.where(
            w > 0.0,  # clipped
            w,  # as it is
            0.1 * w,  # leaky
        )
    scaled = (
        w * rate  # behind all of it
    )
    return fed.mean(fed.map(loss, fed.broadcast(scaled), x))
"""
COMMENTS = [
    "the clients' residuals",
    "less their own means",
    "a colon before it",
    "where the round began",
    "and a step down",
    "clipped",
    "as it is",
    "leaky",
    "behind all of it",
]
PLAIN = re.sub(r" *# .*", "", PROGRAM)
REQUESTS = {
    "forward": {"mode": "forward"},
    "reverse": {"mode": "reverse"},
    "recompute": {"mode": "reverse", "residuals": "recompute", "checkpoint": 1},
    "rebroadcast": {"mode": "reverse", "residuals": "rebroadcast"},
    "mixed": {"mode": "mixed", "dims": {"d": 1000, "n": 10}},
    "pushed": {"mode": "mixed", "wrt": "rate", "accumulate": {"all": "pushforward"}},
}
every_request = pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)


def derived(source: str, request: dict[str, object]) -> str:
    text = fadc.transform(source, **request).text  # type: ignore[arg-type]
    assert text
    return text


def code(text: str) -> str:
    return ast.dump(ast.parse(text))


@every_request
def test_comments_reach_the_derivative(request_: dict[str, object], tmp_path: Path) -> None:
    text = derived(PROGRAM, request_)
    own = text[text.index("def loss") :]
    assert [comment for comment in COMMENTS if f"# {comment}\n" not in own] == []
    assert formatted([text], tmp_path) == [text]
    assert fadc.check(text) == []


@every_request
def test_comments_change_nothing_else(request_: dict[str, object]) -> None:
    assert PLAIN != PROGRAM and code(PLAIN) == code(PROGRAM)
    with_comments, without = derived(PROGRAM, request_), derived(PLAIN, request_)
    assert with_comments != without
    assert code(with_comments) == code(without)


def test_comments_reach_the_derivative_of_a_derivative(tmp_path: Path) -> None:
    once = derived(PROGRAM, {"mode": "reverse"})
    twice = derived(once, {"mode": "forward", "of": "program_vjp"})
    own = twice[twice.index("def loss") :]
    kept = [comment for comment in COMMENTS if f"# {comment}\n" in own]
    assert kept == COMMENTS
    assert formatted([twice], tmp_path) == [twice]


def test_what_a_comment_tells_fadc_is_about_its_own_line_only() -> None:
    """A waiver of a reviewer's is none of what is derived."""
    text = PROGRAM.replace("# leaky", "# leaky  # fadc: ignore[FAD5]")
    emitted = derived(text, {"mode": "reverse"})
    assert "# leaky\n" in emitted
    assert "ignore" not in emitted


@pytest.mark.parametrize(
    "written",
    [
        "0.5 * (\n        w\n    )",
        "0.5 * (w  # the model\n    )",
        "(0.5 * w  # half\n    )",
        "(  # half\n        0.5 * w)",
        '(  # see "a (#) b"\n        # twice\n        0.5 * w\n        # and behind\n    )',
        "jnp.multiply(0.5, w,)",
        "jnp.multiply(\n        0.5,  # half\n        w,  # the model\n    )",
        "(w[\n        None,  # an axis\n    ] * 0.5)[0]",
        "(0.5 * w)  # fadc: ignore",
    ],
)
def test_however_an_expression_is_written(written: str, tmp_path: Path) -> None:
    source = f"""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def program(
    w: fed.Server[Float[Array, "d"]], x: fed.Clients[Float[Array, "d"]]
) -> fed.Server[Float[Array, "d"]]:
    half = {written}
    return half + fed.mean(fed.map(jnp.multiply, fed.broadcast(half), x))
"""
    text = derived(source, {"mode": "reverse"})
    assert formatted([text], tmp_path) == [text]
    emitted = text[text.index("def program_vjp") : text.index("# Reverse sweep.")]
    assert re.findall("# (?!Primal)(.*)", emitted) == re.findall("# (?!fadc)(.*)", written)
    plain = re.sub(r" *# .*", "", written)
    assert code(text) == code(derived(source.replace(written, plain), {"mode": "reverse"}))
