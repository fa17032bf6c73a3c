"""FAD101: fadc allows while-loop."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD101",
    name="while-loop",
    severity=Severity.ERROR,
    message=(
        "a `while` loop in a computation runs a number of rounds that is not known in advance"
    ),
    help="write `for _ in range(rounds):` with a static number of rounds",
    why=(
        "A derivative program is written before anything runs, so the number of rounds "
        "must be known then. A `while` loop ends when a value says so, and reverse mode "
        "would have to walk back an unknown number of rounds."
    ),
    bad=Example(
        source="""\
import jax.numpy as jnp
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    while jnp.linalg.norm(w) < 10.0:
        gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
        w = w - 0.1 * fed.mean(gradient)
    return w
""",
        marked="while jnp.linalg.norm(w) < 10.0",
        message=(
            "a `while` loop in a computation runs a number of rounds that is not known in advance"
        ),
        help="write `for _ in range(rounds):` with a static number of rounds",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    for _ in range(10):
        gradient = fed.map(client_gradient, fed.broadcast(w), x, y)
        w = w - 0.1 * fed.mean(gradient)
    return w
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


def halvings(x):
    while x > 1:
        x = x / 2
    return x


@fed.computation
def total(x: fed.Clients[Float[Array, "n"]]) -> fed.Server[Float[Array, "n"]]:
    return fed.sum(x)
""",
    ),
)
