"""FAD120: fadc allows loop-control."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD120",
    name="loop-control",
    severity=Severity.ERROR,
    message="`{statement}` in a loop of a computation leaves open which iterations run",
    help=(
        "let every iteration run whole: bound the `range(…)`, or use a static `if` inside the loop"
    ),
    why=(
        "The reversed loop of the derivative must run exactly the iterations that the "
        "primal ran. `break`, `continue` and the `else` of a loop make that a matter of "
        "the loop's course rather than of its header."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


def client_gradient(w, x, y):
    return x.T @ (x @ w - y)


@fed.computation
def train(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    rounds: int,
) -> fed.Server[Float[Array, "d"]]:
    for k in range(100):
        if k == rounds:
            break
        w = w - 0.1 * fed.mean(fed.map(client_gradient, fed.broadcast(w), x, y))
    return w
""",
        marked="break",
        message="`break` in a loop of a computation leaves open which iterations run",
        help=(
            "let every iteration run whole: bound the `range(…)`, or use a static `if` "
            "inside the loop"
        ),
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
    rounds: int,
) -> fed.Server[Float[Array, "d"]]:
    for _ in range(rounds):
        w = w - 0.1 * fed.mean(fed.map(client_gradient, fed.broadcast(w), x, y))
    return w
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


def first_power_above(bound):
    power = 1
    for _ in range(64):
        if power > bound:
            break
        power *= 2
    return power


@fed.computation
def padded_total(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return first_power_above(5) * fed.sum(v)
""",
    ),
)
