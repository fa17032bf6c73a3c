"""FAD104: fadc allows nested-definition."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD104",
    name="nested-definition",
    severity=Severity.ERROR,
    message="{kind} `{name}` is defined inside a computation",
    help="move `{name}` to module level and give it what it needs as arguments",
    why=(
        "A nested function can reach the placed values around it, and each such value "
        "would travel to wherever the function runs without passing a primitive. At "
        "module level it sees only its arguments, so every message is in plain sight."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    def client_gradient(w, x, y):
        return x.T @ (x @ w - y)

    gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
    return w - 0.1 * fed.mean(gradient)
""",
        marked="client_gradient",
        message="function `client_gradient` is defined inside a computation",
        help=("move `client_gradient` to module level and give it what it needs as arguments"),
        line=12,
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
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.map(lambda w, x, y: x.T @ (x @ w - y), fed.broadcast(w), x, y)
    return w - 0.1 * fed.mean(gradient)
""",
    ),
)
