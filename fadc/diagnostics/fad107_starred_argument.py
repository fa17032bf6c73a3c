"""FAD107: fadc allows starred-argument."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD107",
    name="starred-argument",
    severity=Severity.ERROR,
    message="a starred {what} hides which values it stands for",
    help="write each {what} out, or use one tuple or dict",
    why=(
        "How many values a starred argument stands for is known only when the program "
        "runs. Placements, messages and derivatives are assigned argument by argument, so "
        "each must be written out."
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
    examples = (x, y)
    gradient = fed.map(client_gradient, fed.broadcast(w), *examples)
    return w - 0.1 * fed.mean(gradient)
""",
        marked="*examples",
        message="a starred argument hides which values it stands for",
        help="write each argument out, or use one tuple or dict",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, examples):
    x, y = examples
    return x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    examples = (x, y)
    gradient = fed.map(client_gradient, fed.broadcast(w), examples)
    return w - 0.1 * fed.mean(gradient)
""",
    ),
)
