"""Comments, blank lines, parentheses and line breaks of the source change nothing else in what is emitted.

Parentheses of local code stay, as comments in it do: see `test_comments.py`.
"""

import ast
import re

import pytest

import fadc

PROGRAM = '''\
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def update(w, x):
    return w - jnp.mean(x, axis=0)


def loss(w, x):
    return jnp.mean((x - w) ** 2)


@fed.computation
def program(
    w: fed.Server[Float[Array, "d"]],
    rate: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    rounds: int = 4,
) -> fed.Server[Float[Array, ""]]:
    """What is formatted otherwise below."""
    for k in range(rounds + 1):
        w_at_clients = fed.broadcast(w)
        delta = fed.mean(fed.map(lambda w, x: update(w, x) * 0.5, w_at_clients, x))
        if k > 2:
            w = w - rate * delta
        other = fed.mean(fed.map(lambda w, x: update(w, x) * 0.5, fed.broadcast(delta), x))
        if k > 2:
            w = w + other
    return fed.mean(fed.map(loss, fed.broadcast(w), x))
'''
CHANGES = {
    "comments": [
        ("def update", "# No jax.custom_vjp, no custom_jvp and no jax.vjp in here.\ndef update"),
        ("    for k in", "    # fadc transform --residuals rebroadcast\n    for k in"),
        ("w = w - rate * delta", "w = w - rate * delta  # jax.custom_vjp"),
    ],
    "blank lines": [
        ("        delta = ", "\n        delta = "),
        ("    return fed.mean", "\n\n    return fed.mean"),
    ],
    "line breaks": [
        (
            "update(w, x) * 0.5, w_at_clients, x",
            "update(\n            w, x) * 0.5,\n            w_at_clients, x",
        ),
        (
            "if k > 2:\n            w = w + other",
            "if (k >\n                2):\n            w = (w\n                 + other)",
        ),
    ],
    "spaces": [
        ("k > 2", "k>2"),
        ("rounds + 1", "rounds+1"),
        ("w, x: update(w, x) * 0.5, w_at", "w,x: update(w,x)*0.5, w_at"),
    ],
}
PARENTHESES = [
    (
        "if k > 2:\n            w = w - rate * delta",
        "if (k > (2)):\n            w = (w) - (rate * delta)",
    ),
    ("range(rounds + 1)", "range((rounds + (1)))"),
    (
        "other = fed.mean(fed.map(lambda w, x: update(w, x) * 0.5",
        "other = (fed.mean)(fed.map(lambda w, x: ((update(w, x)) * 0.5)",
    ),
]
REQUESTS = {
    "forward": {"mode": "forward"},
    "reverse": {"mode": "reverse", "residuals": "recompute", "checkpoint": 2},
    "rebroadcast": {"mode": "reverse", "residuals": "rebroadcast"},
    "mixed": {"mode": "mixed", "dims": {"d": 1000, "n": 10}, "wrt": "rate"},
    "pushed": {"mode": "mixed", "accumulate": {"all": "pushforward"}, "wrt": "rate"},
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_layout_changes_nothing(change: list[tuple[str, str]], request_: dict[str, object]) -> None:
    text = changed(change)
    assert derived(text, request_) == derived(PROGRAM, request_)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_parentheses_stay_and_change_nothing_else(request_: dict[str, object]) -> None:
    found, plain = derived(changed(PARENTHESES), request_), derived(PROGRAM, request_)
    assert found != plain and "(1)" in found
    trees = [ast.parse(f"def loss(w, x):\n{text}") for text in (found, plain)]
    assert ast.dump(trees[0]) == ast.dump(trees[1])


def changed(change: list[tuple[str, str]]) -> str:
    """The program, formatted otherwise."""
    text = PROGRAM
    for old, new in change:
        assert old in text
        text = text.replace(old, new)
    assert text != PROGRAM
    return text


def derived(text: str, request: dict[str, object]) -> str:
    """What is emitted beyond the user's own code, less what speaks of the text's lines."""
    emitted = fadc.transform(text, **request).text  # type: ignore[arg-type]
    assert emitted
    header, _, body = emitted.partition("\n\n")
    body = body[body.index("    return jnp.mean((x - w) ** 2)") :]
    lines = [
        line
        for line in f"{header}\n{body}".split("\n")
        if not re.match(r" *# (Line \d+:|Gen)", line)
    ]
    return re.sub(r", lines? \d+|@\d+", "", "\n".join(lines))
