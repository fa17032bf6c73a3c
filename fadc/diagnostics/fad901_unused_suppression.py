"""FAD901: fadc allows unused-suppression."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD901",
    name="unused-suppression",
    severity=Severity.WARNING,
    message="the suppression of {codes} is not used",
    help="remove it from the comment, or the comment where nothing is left",
    why=(
        "A suppression that suppresses nothing suggests a known fault where there is none, "
        "and would silently hide the next one."
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
    gradient = fed.map(client_gradient, fed.broadcast(w), x, y)  # fadc: ignore[FAD503]
    return w - 0.1 * fed.mean(gradient)
""",
        marked="# fadc: ignore[FAD503]",
        message="the suppression of FAD503 is not used",
        help="remove it from the comment, or the comment where nothing is left",
        fixed="""\
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
    return w - 0.1 * fed.mean(gradient)
""",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def two_steps(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    first = fed.map(client_gradient, fed.broadcast(w), x, y)
    second = fed.map(client_gradient, fed.broadcast(w), x, y)  # fadc: ignore[FAD502]
    return w - 0.1 * fed.mean(first) - 0.1 * fed.mean(second)
""",
        """\
from jaxtyping import Array, Float

import fadc as fed

IGNORED = "# fadc: ignore[FAD503]"


@fed.computation
def total(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return fed.sum(v)
""",
    ),
)
