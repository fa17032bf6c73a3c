"""FAD214: fadc allows static-value-expected."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD214",
    name="static-value-expected",
    severity=Severity.ERROR,
    message="{what} must be static, but a {placement} value is given",
    help=(
        "give a Python value that is known before the program runs, or pass it as a placed argument"
    ),
    why=(
        "Static values are known to everyone before the program runs. They decide shapes, "
        "loops and branches, and no message carries them; a placed value in their stead "
        "would be sent unseen."
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
    for _ in range(rounds):
        w = w - 0.1 * fed.mean(fed.map(client_gradient, fed.broadcast(w), x, y))
    return w


@fed.computation
def train_twice(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    budget: fed.Server[Float[Array, ""]],
) -> fed.Server[Float[Array, "d"]]:
    return train(w, x, y, budget)
""",
        marked="budget",
        message="argument `rounds` of `train` must be static, but a server value is given",
        help=(
            "give a Python value that is known before the program runs, or pass it as a "
            "placed argument"
        ),
        line=29,
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


@fed.computation
def train_twice(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    budget: int,
) -> fed.Server[Float[Array, "d"]]:
    return train(w, x, y, 2 * budget)
""",
    ),
)
