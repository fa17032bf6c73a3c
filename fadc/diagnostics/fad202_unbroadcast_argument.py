"""FAD202: fadc allows unbroadcast-argument."""

from fadc.diagnostics.diagnostic import Severity
from fadc.diagnostics.rule import Example, Rule

RULE = Rule(
    code="FAD202",
    name="unbroadcast-argument",
    severity=Severity.ERROR,
    message="server value `{name}` is given to `{function}` without a broadcast",
    help="write `fed.broadcast({name})` and pass its result",
    why=(
        "`fed.map` runs its function at the clients, on values that are there. A server "
        "value in its arguments would have to travel down first, and that message must be "
        "a statement of the program, so that it is counted and transposed."
    ),
    bad=Example(
        source="""\
from jaxtyping import Array, Float

import fadc as fed


def client_update(w, x, y):
    return w - 0.1 * x.T @ (x @ w - y)


@fed.computation
def fedavg_round(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    updated = fed.map(client_update, w, x, y)
    return fed.mean(updated)
""",
        marked="w",
        message="server value `w` is given to `client_update` without a broadcast",
        help="write `fed.broadcast(w)` and pass its result",
        line=16,
        fixed="""\
from jaxtyping import Array, Float

import fadc as fed


def client_update(w, x, y):
    return w - 0.1 * x.T @ (x @ w - y)


@fed.computation
def fedavg_round(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    updated = fed.map(client_update, fed.broadcast(w), x, y)
    return fed.mean(updated)
""",
    ),
    near_misses=(
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_update(w, x, y):
    return w - 0.1 * x.T @ (x @ w - y)


@fed.computation
def fedavg_round(
    w: fed.Server[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
) -> fed.Server[Float[Array, "d"]]:
    w_at_clients = fed.broadcast(w)
    updated = fed.map(client_update, w_at_clients, x, y)
    return fed.mean(updated)
""",
        """\
from jaxtyping import Array, Float

import fadc as fed


def client_update(w, x, y, lr):
    return w - lr * x.T @ (x @ w - y)


@fed.computation
def fedavg_round(
    w: fed.Clients[Float[Array, "d"]],
    x: fed.Clients[Float[Array, "n d"]],
    y: fed.Clients[Float[Array, "n"]],
    lr: float,
) -> fed.Clients[Float[Array, "d"]]:
    return fed.map(client_update, w, x, y, lr=lr)
""",
    ),
)
