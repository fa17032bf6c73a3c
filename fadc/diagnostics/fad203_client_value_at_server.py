"""FAD203: fadc allows client-value-at-server."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD203",
    name="client-value-at-server",
    severity=Severity.ERROR,
    message="client value `{name}` is used in a server expression",
    help="aggregate it first, as in `fed.mean({name})`, or work on it inside `fed.map`",
    why=(
        "A server expression is computed at the server, where no client's value is. Using "
        "one there is a hidden upload: it bypasses the aggregation that the program "
        "promises its clients."
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
    return w - 0.1 * gradient
""",
        marked="gradient",
        message="client value `gradient` is used in a server expression",
        help=("aggregate it first, as in `fed.mean(gradient)`, or work on it inside `fed.map`"),
        line=17,
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
    return w - 0.1 * fed.mean(gradient)
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def scaled(gradient: fed.Clients[Float[Array, "d"]]) -> fed.Clients[Float[Array, "d"]]:
    return fed.map(lambda gradient: 0.1 * gradient, gradient)
""",
    ),
)
