"""FAD117: fadc allows unsupported-iterable."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD117",
    name="unsupported-iterable",
    severity=Severity.ERROR,
    message="a loop in a computation cannot iterate over `{iterable}`",
    help=(
        "iterate over `range(…)`, a list that an earlier loop filled, or `zip`, "
        "`enumerate` or `reversed` of these"
    ),
    why=(
        "The derivative runs a loop again from its end. For that the number of iterations "
        "must be known, and what each iteration reads must be a tape, whose cotangent is "
        "a tape too."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed

RATES = (0.1, 0.03, 0.01)


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    for rate in RATES:
        w = w - rate * fed.mean(fed.map(client_gradient, fed.broadcast(w), x, y))
    return w
""",
        marked="RATES",
        message="a loop in a computation cannot iterate over `RATES`",
        help=(
            "iterate over `range(…)`, a list that an earlier loop filled, or `zip`, "
            "`enumerate` or `reversed` of these"
        ),
        line=18,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed

RATES = (0.1, 0.03, 0.01)


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    for k in range(3):
        w = w - RATES[k] * fed.mean(fed.map(client_gradient, fed.broadcast(w), x, y))
    return w
""",
    ),
)
