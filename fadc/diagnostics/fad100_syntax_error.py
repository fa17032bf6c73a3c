"""FAD100: fadc allows syntax-error."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD100",
    name="syntax-error",
    severity=Severity.ERROR,
    message="the file cannot be parsed: {detail}",
    help="correct the syntax; nothing else in this file was checked",
    why=(
        "fadc reads a file with Python's own parser. What that parser refuses has no "
        "meaning that could be checked or differentiated, so this is the only finding for "
        "the file, and no comment can suppress it."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
    return w - / fed.mean(gradient)
""",
        marked="/",
        message="the file cannot be parsed: invalid syntax",
        help="correct the syntax; nothing else in this file was checked",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
    return w - +fed.mean(gradient)
""",
    ),
)
