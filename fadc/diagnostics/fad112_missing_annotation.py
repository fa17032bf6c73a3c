"""FAD112: fadc allows missing-annotation."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD112",
    name="missing-annotation",
    severity=Severity.ERROR,
    message="{parameter} has no placement annotation",
    help=(
        "annotate it as `fed.Server[…]` or `fed.Clients[…]`, or with a static type such as `int`"
    ),
    why=(
        "The annotation says where a value is. Without it fadc would have to guess, and a "
        "wrong guess hides a message between server and clients."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w, x: fed.Clients[Float[Array, "n d"]], y: fed.Clients[Float[Array, "n"]]
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
    return w - 0.1 * fed.mean(gradient)
""",
        marked="w",
        message="parameter `w` has no placement annotation",
        help=(
            "annotate it as `fed.Server[…]` or `fed.Clients[…]`, or with a static type "
            "such as `int`"
        ),
        line=12,
    ),
    near_misses=(
        """\
import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server, x: fed.Clients, y: fed.Clients, lr: float = 0.1
) -> fed.Server:
    gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
    return w - lr * fed.mean(gradient)
""",
    ),
)
