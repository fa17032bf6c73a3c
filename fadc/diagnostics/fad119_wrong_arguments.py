"""FAD119: fadc allows wrong-arguments."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD119",
    name="wrong-arguments",
    severity=Severity.ERROR,
    message="`{callee}` {problem}",
    help=("give `{callee}` the arguments of its signature; several values travel as one tuple"),
    why=(
        "Python would find the mistake only when the call is reached, perhaps after hours "
        "of rounds. The signature is known before anything runs."
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
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    w_at_clients = fed.broadcast(w, lr)
    return w - lr * fed.mean(fed.map(client_gradient, w_at_clients, x, y))
""",
        marked="fed.broadcast(w, lr)",
        message="`fed.broadcast` takes 1 argument, but 2 are given",
        help=(
            "give `fed.broadcast` the arguments of its signature; several values travel "
            "as one tuple"
        ),
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_step(w, lr, x, y):
    return lr * x.T @ (x @ w - y)


@fed.computation
def fedsgd_step(
    w: fed.Server[Float[Array, "d"]],
    lr: fed.Server[Float[Array, ""]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    w_at_clients, lr_at_clients = fed.broadcast((w, lr))
    return w - fed.mean(fed.map(client_step, w_at_clients, lr_at_clients, x, y))
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


@fed.computation
def scaled_sum(
    v: fed.Clients[Float[Array, ""]], scale: float = 2.0
) -> fed.Server[Float[Array, ""]]:
    return scale * fed.sum(v)


@fed.computation
def twice(v: fed.Clients[Float[Array, ""]]) -> fed.Server[Float[Array, ""]]:
    return scaled_sum(v) + scaled_sum(scale=3.0, v=v)
""",
    ),
)
