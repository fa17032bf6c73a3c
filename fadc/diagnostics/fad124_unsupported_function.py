"""FAD124: fadc allows unsupported-function."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD124",
    name="unsupported-function",
    severity=Severity.ERROR,
    message="`{function}` {problem}",
    help="{cure}",
    why=(
        "The derivative of a map is the map of the function's derivative, so fadc must be "
        "able to name the function. One that is chosen or made on the way may also carry "
        "server values to the clients unseen."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


def make_gradient(scale):
    return lambda w, x, y: scale * x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.map(make_gradient(2.0), fed.broadcast(w), x, y)
    return w - 0.1 * fed.mean(gradient)
""",
        marked="make_gradient(2.0)",
        message="`make_gradient(2.0)` is made where it is mapped, so `fed.map` cannot name it",
        help="bind it to a name first, as in `client_function = make_gradient(2.0)`",
    ),
    near_misses=(
        """\
import functools

from jaxtyping import Array, Float

import fadc as fed


def scaled_gradient(w, x, y, scale):
    return scale * x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    gradient = fed.map(
        functools.partial(scaled_gradient, scale=2.0), fed.broadcast(w), x, y
    )
    return w - 0.1 * fed.mean(gradient)
""",
        """\
import jax
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def log_sums(x: fed.Clients[Float[Array, "n"]]) -> fed.Clients[Float[Array, ""]]:
    return fed.map(jax.nn.logsumexp, x)
""",
    ),
)
