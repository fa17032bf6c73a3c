"""FAD207: fadc allows result-placement."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD207",
    name="result-placement",
    severity=Severity.ERROR,
    message="the result is annotated `{declared}`, but the returned value is `{found}`",
    help="return a `{declared}` value, or annotate the result as `{found}`",
    why=(
        "The annotation is what callers and reviewers read. A client value that is "
        "returned where a server value is declared would be uploaded without an "
        "aggregator; the other way round, it would be sent down without a broadcast."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def gradients(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
    return gradient
""",
        marked="gradient",
        message=("the result is annotated `fed.Server`, but the returned value is `fed.Clients`"),
        help="return a `fed.Server` value, or annotate the result as `fed.Clients`",
        line=17,
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def gradients(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Clients[Float[Array, "d"]]:
    gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
    return gradient
""",
    ),
)
